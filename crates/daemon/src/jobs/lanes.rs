//! What jobs ask of couriers. Lanes that take such requests come in the place of [`NoLanes`].

use async_trait::async_trait;

/// Couriers, as jobs ask them. Each gives a sentence for people.
#[async_trait]
pub(crate) trait Lanes: Send + Sync + std::fmt::Debug {
    /// Asks couriers about parcels of which nothing was heard.
    ///
    /// # Errors
    /// In a sentence.
    async fn poll_tracking(&self) -> Result<String, String>;

    /// Asks the aggregator as well about parcels that stand still.
    ///
    /// # Errors
    /// In a sentence.
    async fn recheck_both_sources(&self) -> Result<String, String>;
}

/// Lanes that take no such request.
#[derive(Debug)]
pub(crate) struct NoLanes;

const NONE: &str = "couriers cannot be asked by a schedule yet: the lanes take no such request";

#[async_trait]
impl Lanes for NoLanes {
    async fn poll_tracking(&self) -> Result<String, String> {
        Err(NONE.to_owned())
    }

    async fn recheck_both_sources(&self) -> Result<String, String> {
        Err(NONE.to_owned())
    }
}
