//! Access tokens: fetched once however many wait, renewed before they run out.

use crate::error::CourierError;
use secrecy::{ExposeSecret, SecretString};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A token and how long it holds.
#[derive(Debug, Clone)]
pub struct Token {
    /// The token.
    pub value: SecretString,
    /// From now on.
    pub holds: Duration,
}

/// Keeps one token. Whoever comes while it is fetched waits for that fetch and shares its end, good or bad.
#[derive(Debug)]
pub struct TokenCache {
    /// Renewed that long before its end.
    margin: Duration,
    state: Mutex<State>,
    /// How often a fetch has ended.
    fetches: std::sync::atomic::AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    token: Option<(SecretString, Instant)>,
    failed: Option<CourierError>,
}

impl TokenCache {
    /// A cache that renews a token `margin` before its end.
    #[must_use]
    pub fn new(margin: Duration) -> Self {
        TokenCache { margin, state: Mutex::default(), fetches: std::sync::atomic::AtomicU64::new(0) }
    }

    /// The token, fetched where there is none that holds.
    ///
    /// # Errors
    /// What the fetch says, as a step before the request: never unconfirmed.
    pub async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<SecretString, CourierError>
    where
        F: Future<Output = Result<Token, CourierError>>,
    {
        use std::sync::atomic::Ordering;
        let seen = self.fetches.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if let Some((token, until)) = &state.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        if self.fetches.load(Ordering::Acquire) != seen
            && let Some(error) = &state.failed
        {
            // The fetch that we waited for failed: one failure is enough for all.
            return Err(error.clone());
        }
        let fetched = fetch().await.map_err(CourierError::before_sending);
        self.fetches.fetch_add(1, Ordering::Release);
        match fetched {
            Ok(token) => {
                let now = Instant::now();
                // A token that holds for less than the margin is used for half its life.
                let holds = if token.holds > self.margin { token.holds - self.margin } else { token.holds / 2 };
                state.token = Some((token.value.clone(), now.checked_add(holds).unwrap_or(now)));
                state.failed = None;
                Ok(token.value)
            }
            Err(error) => {
                state.token = None;
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Forgets a token that the courier does not take any more; one that was renewed meanwhile stays.
    pub async fn forget(&self, refused: &SecretString) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|(token, _)| token.expose_secret() == refused.expose_secret()) {
            state.token = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{NotSentReason, UnclearReason};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    async fn fetched(count: Arc<AtomicU32>, holds: Duration) -> Result<Token, CourierError> {
        let n = count.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(Token { value: format!("token-{n}").into(), holds })
    }

    async fn together(cache: &Arc<TokenCache>, count: &Arc<AtomicU32>, fails: bool) -> Vec<Result<SecretString, CourierError>> {
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (cache, count) = (Arc::clone(cache), Arc::clone(count));
                tokio::spawn(async move {
                    cache
                        .get(|| async move {
                            let token = fetched(count, Duration::from_secs(60)).await;
                            if fails { Err(CourierError::unconfirmed(UnclearReason::Timeout, "token")) } else { token }
                        })
                        .await
                })
            })
            .collect();
        let mut results = Vec::new();
        for task in tasks {
            results.push(task.await.unwrap());
        }
        results
    }

    #[tokio::test]
    async fn twenty_that_wait_make_one_fetch() {
        let (cache, count) = (Arc::new(TokenCache::new(Duration::from_secs(1))), Arc::new(AtomicU32::new(0)));
        assert!(together(&cache, &count, false).await.iter().all(Result::is_ok));
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn twenty_that_wait_share_one_failure_and_the_next_tries_again() {
        let (cache, count) = (Arc::new(TokenCache::new(Duration::from_secs(1))), Arc::new(AtomicU32::new(0)));
        for result in together(&cache, &count, true).await {
            assert!(matches!(result, Err(CourierError::NotSent { reason: NotSentReason::NoToken, .. })));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(cache.get(|| fetched(Arc::clone(&count), Duration::from_secs(60))).await.is_ok());
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_token_is_renewed_before_its_end_and_after_it_was_refused() {
        let (cache, count) = (TokenCache::new(Duration::from_millis(50)), Arc::new(AtomicU32::new(0)));
        let get = || fetched(Arc::clone(&count), Duration::from_millis(90));
        let first = cache.get(get).await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        let second = cache.get(get).await.unwrap();
        assert_ne!(first.expose_secret(), second.expose_secret());
        cache.forget(&first).await;
        assert_eq!(cache.get(get).await.unwrap().expose_secret(), second.expose_secret());
        cache.forget(&second).await;
        assert_ne!(cache.get(get).await.unwrap().expose_secret(), second.expose_secret());
    }
}
