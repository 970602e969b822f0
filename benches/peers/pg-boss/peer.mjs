// pg-boss, tuned by its documented options: batches of 500 by four workers, fetched again at once while full, polled every 0.5 s (its
// least). Its handler is given the batch and inserts it with one statement, which no other peer's interface offers.
import { PgBoss } from 'pg-boss';
import pg from 'pg';
import { TABLE, chunks, command, committed, scheduled, timers, url, watch } from '../contract.mjs';

const pool = new pg.Pool({ connectionString: url, max: 16 });
const boss = new PgBoss({ connectionString: url, max: 16, supervise: false, schedule: false });
boss.on('error', (e) => console.error(String(e)));
await boss.start();
if (command === 'setup') {
  await boss.createQueue('fire');
  await pool.query(TABLE);
  process.exit(0);
} else if (command === 'schedule') {
  const all = timers();
  await scheduled(all.length, async () => {
    for (const some of chunks(all)) {
      await boss.insert('fire', some.map((t) => ({ data: t, startAfter: new Date(t.due) })));
    }
  });
  process.exit(0);
} else {
  watch();
  const options = { batchSize: 500, localConcurrency: 4, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
  await boss.work('fire', options, async (jobs) => {
    const now = Date.now();
    await pool.query(
      `INSERT INTO follow_up_task SELECT id, id, due, $3 FROM unnest($1::bigint[], $2::bigint[]) AS t (id, due) ON CONFLICT DO NOTHING`,
      [jobs.map((j) => j.data.id), jobs.map((j) => j.data.due), now],
    );
    for (const job of jobs) committed(job.data.due);
  });
}
