//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::config::Config;
use crate::requests::{self, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::{
    Account, Body, Call, Courier, CourierAdapter, CourierError, Identity, Limits, NotSentReason, Outgoing, Purpose, Rejecting,
    SettingProblem, SubscribeQuery, Subscription, TrackingQuery, TrackingReport, Transport, only,
};

/// What Yunda allows: it publishes no figure.
const LIMITS: Limits = Limits::NONE;

/// One account with Yunda.
#[derive(Debug)]
pub(crate) struct Yunda {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Yunda {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "yunda", courier: Courier::Yunda, account: account.name.to_owned() };
        Ok(Yunda { identity, limits, transport, config })
    }

    /// One question and the text of its answer. Nothing here changes anything but what Yunda will tell.
    async fn ask(&self, call: &Call, request: Request) -> Result<String, CourierError> {
        let headers = vec![
            ("app-key", self.config.app_key.clone()),
            ("sign", self.config.sign(&request.body)),
            ("req-time", self.config.time_unit.write(call.now())),
        ];
        let url = format!("{}/{}", self.config.base_url, request.path);
        let body = Body::Json(request.body);
        let outgoing = Outgoing { purpose: Purpose::Question, url: &url, headers, body, mask: &[], known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Yunda {
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
        "4300000000000"
    }

    /// Yunda tells of parcels that were subscribed before, and refuses the others.
    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        responses::tracked(query, &self.ask(call, requests::track(&query.number)?).await?)
    }

    fn subscription(&self) -> Option<&dyn Subscription> {
        Some(self)
    }
}

#[async_trait]
impl Subscription for Yunda {
    /// Yunda answers questions only about parcels that it was asked to tell of.
    fn comes_first(&self) -> bool {
        true
    }

    /// One number a call: Yunda's answer does not say which of several it means.
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let [query] = queries else {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "Yunda is asked for one number a call"));
        };
        match responses::subscribed(&self.ask(call, requests::subscribe(&query.number)?).await?) {
            Ok(()) => Ok(vec![Ok(())]),
            Err(refused @ CourierError::Refused(_)) => Ok(vec![Err(refused)]),
            Err(error) => Err(error),
        }
    }
}
