// Restate: a service whose handler fires (the server keeps its timers in its own log; the task row goes to PostgreSQL by 24 connections).
// The server has to run while timers are stored, so they share one instant and the clock starts there: `work` begins with it.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import * as restate from '@restatedev/restate-sdk';
import pg from 'pg';
import { INSERT, TABLE, chunks, command, committed, say, timers, url, watch } from '../contract.mjs';

const [ingress, admin, service] = [18080, 19070, 19080];
const folder = process.env.PEER_DIR;
const pool = new pg.Pool({ connectionString: url, max: 24 });

const fire = restate.service({
  name: 'timer',
  handlers: {
    fire: async (ctx, t) => {
      await pool.query(INSERT, [t.id, t.due, Date.now()]);
      committed(t.due);
    },
    // Stores many: one invocation that sends 250 delayed ones.
    store: async (ctx, some) => {
      const now = await ctx.date.now();
      for (const t of some) {
        ctx.genericSend({ service: 'timer', method: 'fire', parameter: t, delay: Math.max(0, t.due - now), inputSerde: restate.serde.json });
      }
    },
  },
});

function server() {
  mkdirSync(folder, { recursive: true });
  const log = openSync(`${folder}/server.log`, 'a');
  const env = {
    ...process.env,
    RESTATE_BASE_DIR: `${folder}/data`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_BIND_ADDRESS: '127.0.0.1:15122',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'error',
  };
  const child = spawn(`${import.meta.dirname}/node_modules/.bin/restate-server`, [], { env, stdio: ['ignore', log, log] });
  process.on('exit', () => child.kill());
  return child;
}

async function until(what) {
  for (let tries = 0; tries < 600; tries++) {
    try {
      if ((await what()).ok) return;
    } catch {}
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('restate-server does not answer');
}

const post = (to, body) => fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

if (command === 'setup') {
  await pool.query(TABLE);
  await pool.end();
} else if (command === 'schedule-and-work') {
  // N DUE_MS STEP_MS FIRST_ID EXPECT CAP: stores, then waits until all fired or CAP seconds after the first is due.
  server();
  const logger = (meta, ...rest) => meta.level === 'error' && console.error(...rest);
  await restate.serve({ services: [fire], port: service, logger });
  await until(() => fetch(`http://127.0.0.1:${admin}/health`));
  await until(() => post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${service}` }));
  const all = timers();
  const started = performance.now();
  const parts = [...chunks(all, 250)];
  await Promise.all(
    [0, 1, 2, 3].map(async () => {
      for (let some = parts.pop(); some; some = parts.pop()) {
        const answer = await post(`http://127.0.0.1:${ingress}/timer/store`, some);
        if (!answer.ok) throw new Error(`store: ${answer.status} ${await answer.text()}`);
      }
    }),
  );
  say({ scheduled: all.length, seconds: (performance.now() - started) / 1000, before_due: (all[0].due - Date.now()) / 1000 });
  const wait = all[0].due - Date.now();
  await new Promise((done) => setTimeout(done, Math.max(0, wait)));
  watch(4, 5);
}
