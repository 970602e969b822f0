"""DBOS, tuned by its documented options: polled every 0.1 s, 64 threads, a thousand at once on this worker, no step checkpoint.

The contract of all peers: `setup`, `schedule N DUE_MS STEP_MS FIRST_ID`, `work EXPECT CAP_SECONDS`; one line of JSON says how it went.
PEER_DB is the database's URL: PostgreSQL, or a SQLite file (`sqlite:///path`; WAL is set by us, its default is a rollback journal).
"""

import json
import os
import sys
import threading
import time

import sqlalchemy as sa
from dbos import DBOS, DBOSClient

URL = os.environ["PEER_DB"]
IS_FILE = URL.startswith("sqlite")
ENGINE = sa.create_engine(URL.replace("postgresql://", "postgresql+psycopg://"), pool_size=64, max_overflow=0)
if IS_FILE:

    @sa.event.listens_for(ENGINE, "connect")
    def _durable(connection, _):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 30000")


TABLE = """CREATE TABLE IF NOT EXISTS follow_up_task
  (timer_id BIGINT PRIMARY KEY, case_id BIGINT NOT NULL, due_ms BIGINT NOT NULL, fired_ms BIGINT NOT NULL)"""
INSERT = sa.text("INSERT INTO follow_up_task VALUES (:id, :id, :due, :now) ON CONFLICT DO NOTHING")
late = []
lock = threading.Lock()


def now_ms():
    return time.time_ns() // 1_000_000


@DBOS.workflow(name="fire")
def fire(timer_id, due):
    with ENGINE.begin() as connection:
        connection.execute(INSERT, {"id": timer_id, "due": due, "now": now_ms()})
    with lock:
        late.append(now_ms() - due)


def launch():
    config = {"name": "peer", "system_database_url": URL, "log_level": "ERROR", "application_version": "1", "executor_id": "peer"}
    config["sys_db_pool_size"] = 32
    config["max_executor_threads"] = 64
    if IS_FILE:
        config.pop("sys_db_pool_size")
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue("timers", worker_concurrency=1000, polling_interval_sec=0.1)


def number(at):
    return int(sys.argv[at]) if len(sys.argv) > at else 0


def main():
    command = sys.argv[1]
    if command == "setup":
        launch()
        with ENGINE.begin() as connection:
            connection.execute(sa.text(TABLE))
    elif command == "schedule":
        client = DBOSClient(system_database_url=URL)
        count, due, step, first = number(2), number(3), number(4), number(5)
        started = time.perf_counter()
        for at in range(0, count, 500):
            with ENGINE.begin() as connection:
                for i in range(at, min(at + 500, count)):
                    this = due + i * step
                    options = {"workflow_name": "fire", "queue_name": "timers", "app_version": "1"}
                    if this > now_ms():
                        options["delay_seconds"] = (this - now_ms()) / 1000
                    client.enqueue_in_transaction(connection, options, first + i, this)
        print(json.dumps({"scheduled": count, "seconds": time.perf_counter() - started}))
    else:
        expect, cap = number(2), number(3)
        started = time.perf_counter()
        launch()
        while len(late) < expect and time.perf_counter() - started < cap:
            time.sleep(0.001)
        seconds = time.perf_counter() - started
        with lock:
            done = sorted(late)
        at = lambda share: done[min(int(len(done) * share), len(done) - 1)] if done else 0  # noqa: E731
        told = {"done": len(done), "seconds": seconds, "late_min": at(0), "late_p50": at(0.5), "late_p99": at(0.99), "late_max": at(1)}
        print(json.dumps(told), flush=True)
    sys.stdout.flush()
    os._exit(0)


main()
