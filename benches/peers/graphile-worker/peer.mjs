// graphile-worker, tuned by its documented options: 24 at once, a local queue of 500, completions batched, polled every 100 ms.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { INSERT, TABLE, chunks, command, committed, scheduled, timers, url, watch } from '../contract.mjs';

const logger = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString: url, max: 32 });
if (command === 'setup') {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  await utils.release();
  await pool.query(TABLE);
  await pool.end();
} else if (command === 'schedule') {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  const all = timers();
  await scheduled(all.length, async () => {
    for (const some of chunks(all)) {
      await utils.addJobs(some.map((t) => ({ identifier: 'fire', payload: t, runAt: new Date(t.due) })));
    }
  });
  process.exit(0);
} else {
  watch();
  await run({
    logger,
    noHandleSignals: true,
    taskList: {
      fire: async (t) => {
        await pool.query(INSERT, [t.id, t.due, Date.now()]);
        committed(t.due);
      },
    },
    preset: {
      worker: {
        connectionString: url,
        concurrentJobs: 24,
        maxPoolSize: 30,
        pollInterval: 100,
        localQueue: { size: 500 },
        completeJobBatchDelay: 2,
        failJobBatchDelay: 2,
      },
    },
  });
}
