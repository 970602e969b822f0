//! apalis on PostgreSQL, tuned by its documented options: batches of 500, 64 at once, each on a task of its own, polled every 100 ms.

mod contract;

use apalis::prelude::*;
use apalis_postgres::{Config, PostgresStorage};
use contract::{Command, TABLE, Timer};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::{Duration, Instant, UNIX_EPOCH};

async fn fire(timer: Timer, pool: Data<PgPool>) -> Result<(), BoxDynError> {
    sqlx::query("INSERT INTO follow_up_task VALUES ($1, $1, $2, $3) ON CONFLICT DO NOTHING")
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
    let pool = PgPoolOptions::new().max_connections(32).connect(&contract::url()).await.unwrap();
    let config = Config::default().queue("timers").batch_size(500);
    match contract::command() {
        Command::Setup => {
            PostgresStorage::<()>::setup(&pool).await.unwrap();
            sqlx::query(TABLE).execute(&pool).await.unwrap();
        }
        Command::Schedule(timers) => {
            let (n, started) = (timers.len(), Instant::now());
            for some in timers.chunks(1000) {
                let tasks = some.iter().map(|t| {
                    let due = UNIX_EPOCH + Duration::from_millis(t.due_ms as u64);
                    TaskBuilder::new(serde_json::to_vec(t).unwrap()).run_at_time(due).build()
                });
                let mut tx = pool.begin().await.unwrap();
                apalis_postgres::queries::push_tasks(&mut *tx, "timers", tasks.collect()).await.unwrap();
                tx.commit().await.unwrap();
            }
            contract::scheduled(n, started.elapsed());
        }
        Command::Work { expect, cap } => {
            tokio::spawn(contract::watch(expect, cap));
            let backend = PostgresStorage::<Timer>::new(&pool).with_config(config).poll_with_interval(Duration::from_millis(100));
            let worker = WorkerBuilder::new("peer").backend(backend).data(pool).concurrency(64).parallelize(tokio::spawn).build(fire);
            worker.run().await.unwrap();
        }
    }
}
