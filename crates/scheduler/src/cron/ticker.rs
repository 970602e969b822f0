//! What says when to look: a ticker of one job a second, and a watch beside it for when it falls silent.
//!
//! The ticker is trusted with nothing. tokio-cron-scheduler loses jobs that are due together (its channel holds 256), keeps a zone as the offset
//! of the day on which the job was made, and knows nothing after a restart; one job in UTC whose every firing asks the same question can lose none.

use super::ledger::Inner;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// So long the ticker may be silent before the watch sweeps itself.
const SILENCE: Duration = Duration::from_secs(3);

/// Sweeps at each tick, and where none comes, until told to stop.
pub(super) async fn keep(inner: Arc<Inner>) {
    let tick = Arc::new(Notify::new());
    let mut ticker = match start(&tick).await {
        Ok(ticker) => Some(ticker),
        Err(error) => {
            tracing::warn!(%error, "the ticker does not start; schedules are swept every {} s", SILENCE.as_secs());
            None
        }
    };
    let mut silent = false;
    loop {
        tokio::select! {
            biased;
            () = inner.stop.cancelled() => break,
            () = tick.notified() => silent = false,
            () = tokio::time::sleep(SILENCE) => {
                if !silent && ticker.is_some() {
                    tracing::warn!("the ticker of the schedules has fallen silent; they are swept every {} s", SILENCE.as_secs());
                }
                silent = true;
            }
        }
        if let Err(error) = inner.sweep().await {
            tracing::warn!(%error, "the schedules could not be swept; the next sweep makes up for it");
        }
    }
    if let Some(ticker) = &mut ticker
        && let Err(error) = ticker.shutdown().await
    {
        tracing::debug!(%error, "the ticker did not stop cleanly");
    }
}

async fn start(tick: &Arc<Notify>) -> Result<JobScheduler, JobSchedulerError> {
    let ticker = JobScheduler::new().await?;
    let tick = Arc::clone(tick);
    let job = Job::new_async("*/1 * * * * *", move |_, _| {
        let tick = Arc::clone(&tick);
        Box::pin(async move { tick.notify_one() })
    })?;
    ticker.add(job).await?;
    ticker.start().await?;
    Ok(ticker)
}
