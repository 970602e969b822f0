// The contract of all peers: `setup`, `schedule N DUE_MS STEP_MS FIRST_ID`, `work EXPECT CAP_SECONDS`; one line of JSON says how it went.
export const TABLE = `CREATE TABLE IF NOT EXISTS follow_up_task
  (timer_id BIGINT PRIMARY KEY, case_id BIGINT NOT NULL, due_ms BIGINT NOT NULL, fired_ms BIGINT NOT NULL)`;
export const INSERT = 'INSERT INTO follow_up_task VALUES ($1, $1, $2, $3) ON CONFLICT DO NOTHING';
export const url = process.env.PEER_DB;
export const [, , command, ...words] = process.argv;
const number = (at) => Number(words[at] ?? 0);

export function timers() {
  return Array.from({ length: number(0) }, (_, i) => ({ id: number(3) + i, due: number(1) + i * number(2) }));
}

export function* chunks(all, size = 1000) {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

export function say(what) {
  console.log(JSON.stringify(what));
}

export async function scheduled(n, work) {
  const started = performance.now();
  await work();
  say({ scheduled: n, seconds: (performance.now() - started) / 1000 });
}

const late = [];
export function committed(due) {
  late.push(Date.now() - due);
}

// Ends the process when all rows are committed, or at the cap.
export function watch(first = 0, second = 1) {
  const [expect, cap] = [number(first), number(second)];
  const started = performance.now();
  setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    if (late.length < expect && seconds < cap) return;
    late.sort((a, b) => a - b);
    const at = (share) => late[Math.min(Math.floor(late.length * share), late.length - 1)] ?? 0;
    say({ done: late.length, seconds, late_min: at(0), late_p50: at(0.5), late_p99: at(0.99), late_max: at(1) });
    process.exit(0);
  }, 1);
}
