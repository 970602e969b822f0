//! apalis on SQLite with `synchronous=FULL` (its own `setup` turns it OFF on one connection), tuned as on PostgreSQL.

mod contract;

use apalis::prelude::*;
use apalis_sqlite::{Config, SqliteStorage};
use contract::{Command, TABLE, Timer};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::time::{Duration, Instant, UNIX_EPOCH};

async fn fire(timer: Timer, pool: Data<SqlitePool>) -> Result<(), BoxDynError> {
    sqlx::query("INSERT INTO follow_up_task VALUES (?1, ?1, ?2, ?3) ON CONFLICT DO NOTHING")
        .bind(timer.id)
        .bind(timer.due_ms)
        .bind(contract::now_ms())
        .execute(&*pool)
        .await?;
    contract::committed(timer.due_ms);
    Ok(())
}

#[tokio::main]
async fn main() {
    let options: SqliteConnectOptions = contract::url().parse().unwrap();
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(30));
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    let config = Config::default().queue("timers").batch_size(500);
    match contract::command() {
        Command::Setup => {
            SqliteStorage::<()>::setup(&pool).await.unwrap();
            sqlx::query(TABLE).execute(&pool).await.unwrap();
        }
        Command::Schedule(timers) => {
            let (n, started) = (timers.len(), Instant::now());
            for some in timers.chunks(1000) {
                let tasks: Vec<_> = some.iter().map(|t| {
                    let due = UNIX_EPOCH + Duration::from_millis(t.due_ms as u64);
                    TaskBuilder::new(serde_json::to_vec(t).unwrap()).run_at_time(due).build()
                })
                .collect();
                let mut tx = pool.begin().await.unwrap();
                apalis_sqlite::queries::push_tasks(&mut *tx, "timers", &tasks).await.unwrap();
                tx.commit().await.unwrap();
            }
            contract::scheduled(n, started.elapsed());
        }
        Command::Work { expect, cap } => {
            tokio::spawn(contract::watch(expect, cap));
            let backend = SqliteStorage::<Timer>::new(&pool).with_config(config).poll_with_interval(Duration::from_millis(100));
            let worker = WorkerBuilder::new("peer").backend(backend).data(pool).concurrency(64).parallelize(tokio::spawn).build(fire);
            worker.run().await.unwrap();
        }
    }
}
