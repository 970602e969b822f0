//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::config::Config;
use crate::{requests, responses};
use async_trait::async_trait;
use parcelward_courier::{
    Account, Body, Call, Courier, CourierAdapter, CourierError, Identity, Limits, NotSentReason, Outgoing, Purpose, Rejecting,
    SettingProblem, SubscribeQuery, Subscription, TrackingQuery, TrackingReport, Transport, only,
};

/// What Deppon allows: it publishes no figure.
const LIMITS: Limits = Limits::NONE;

/// One account with Deppon.
#[derive(Debug)]
pub(crate) struct Deppon {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Deppon {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "deppon", courier: Courier::Deppon, account: account.name.to_owned() };
        Ok(Deppon { identity, limits, transport, config })
    }

    /// One question and the text of its answer. Nothing here changes anything but what Deppon will tell.
    async fn ask(&self, call: &Call, url: &str, params: String) -> Result<String, CourierError> {
        let timestamp = call.now().millis().to_string();
        let digest = self.config.sign(&params, &timestamp);
        let body = Body::Form(vec![
            ("companyCode", self.config.company_code.clone()),
            ("timestamp", timestamp),
            ("params", params),
            ("digest", digest),
        ]);
        let outgoing = Outgoing { purpose: Purpose::Question, url, headers: Vec::new(), body, mask: &[], known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Deppon {
    fn identity(&self) -> &Identity {
        &self.identity
    }
    fn limits(&self) -> &Limits {
        &self.limits
    }
    fn transport(&self) -> &Transport {
        &self.transport
    }
    fn sample_number(&self) -> &'static str {
        "6000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        responses::tracked(query, &self.ask(call, &self.config.track_url, requests::track(&query.number)?).await?)
    }

    fn subscription(&self) -> Option<&dyn Subscription> {
        Some(self)
    }
}

#[async_trait]
impl Subscription for Deppon {
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let [query] = queries else {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "Deppon takes one number a call"));
        };
        match responses::subscribed(&self.ask(call, &self.config.subscribe_url, requests::subscribe(&query.number)?).await?) {
            Ok(()) => Ok(vec![Ok(())]),
            Err(refused @ CourierError::Refused(_)) => Ok(vec![Err(refused)]),
            Err(error) => Err(error),
        }
    }
}
