//! graphile_worker (Rust), tuned by its documented options: 24 at once, a local queue of 500, completions batched for 2 ms.

mod contract;

use contract::{Command, TABLE, Timer};
use graphile_worker::{IntoTaskHandlerResult, JobSpecBuilder, LocalQueueConfig, TaskHandler, WorkerContext, WorkerContextExt, WorkerOptions};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::{Duration, Instant};

#[derive(serde::Serialize, serde::Deserialize, Clone)]
struct Fire(Timer);

#[derive(Clone, Debug)]
struct Pool(PgPool);

impl TaskHandler for Fire {
    const IDENTIFIER: &'static str = "fire";

    async fn run(self, ctx: WorkerContext) -> impl IntoTaskHandlerResult {
        let Pool(pool) = ctx.get_ext::<Pool>().expect("the pool was given").clone();
        sqlx::query("INSERT INTO follow_up_task VALUES ($1, $1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(self.0.id)
            .bind(self.0.due_ms)
            .bind(contract::now_ms())
            .execute(&pool)
            .await
            .map_err(|e| e.to_string())?;
        contract::committed(self.0.due_ms);
        Ok::<(), String>(())
    }
}

#[tokio::main]
async fn main() {
    let pool = PgPoolOptions::new().max_connections(32).connect(&contract::url()).await.unwrap();
    let options = WorkerOptions::default()
        .concurrency(24)
        .schema("graphile_worker")
        .poll_interval(Duration::from_millis(100))
        .local_queue(LocalQueueConfig::default().with_size(500))
        .complete_job_batch_delay(Duration::from_millis(2))
        .add_extension(Pool(pool.clone()))
        .define_job::<Fire>()
        .pg_pool(pool.clone());
    let worker = options.init().await.unwrap();
    match contract::command() {
        Command::Setup => {
            sqlx::query(TABLE).execute(&pool).await.unwrap();
        }
        Command::Schedule(timers) => {
            let utils = worker.create_utils();
            let (n, started) = (timers.len(), Instant::now());
            for some in timers.chunks(1000) {
                let jobs: Vec<_> = some
                    .iter()
                    .map(|t| {
                        let at = chrono::DateTime::from_timestamp_millis(t.due_ms).unwrap();
                        (Fire(t.clone()), JobSpecBuilder::new().run_at(at).build())
                    })
                    .collect();
                let jobs: Vec<_> = jobs.iter().map(|(job, spec)| (job.clone(), spec)).collect();
                utils.add_jobs::<Fire>(&jobs).await.unwrap();
            }
            contract::scheduled(n, started.elapsed());
        }
        Command::Work { expect, cap } => {
            tokio::spawn(contract::watch(expect, cap));
            worker.run().await.unwrap();
        }
    }
}
