//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::config::Config;
use crate::requests::{self, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::signing::md5_base64;
use parcelward_courier::{
    Accepted, Account, Body, Call, Courier, CourierAdapter, CourierError, ExposeSecret, Identity, InterceptRequest, InterceptToSender,
    Limits, Outgoing, Purpose, Rejecting, SettingProblem, TrackingQuery, TrackingReport, Transport,
};

/// What the carrier allows; an operator may tighten it.
const LIMITS: Limits = Limits { per_second: Some(10), batch: 10, ..Limits::NONE };

/// One account with the carrier.
#[derive(Debug)]
pub(crate) struct Template {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Template {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "template", courier: Courier::Other, account: account.name.to_owned() };
        Ok(Template { identity, limits, transport, config })
    }

    /// One request and the text of its answer. Whether it was sent is said by the transport.
    async fn send(&self, call: &Call, purpose: Purpose, request: Request) -> Result<String, CourierError> {
        let sign = md5_base64(&[&request.body, self.config.secret.expose_secret()]);
        let outgoing = Outgoing {
            purpose,
            url: &format!("{}{}", self.config.base_url, request.path),
            headers: vec![("x-app", self.config.app_key.clone()), ("x-sign", sign)],
            body: Body::Json(request.body),
            mask: &[],
            known: Rejecting::default(),
        };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Template {
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
        "T0000000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let text = self.send(call, Purpose::Question, requests::track(queries)?).await?;
        responses::tracked(queries, &text)
    }

    // One method and one trait for each thing that the interface really does, and none for what it does not.
    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        Some(self)
    }
}

#[async_trait]
impl InterceptToSender for Template {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        let text = self.send(call, Purpose::Change, requests::intercept(request)?).await?;
        responses::intercept_taken(&text)
    }
}
