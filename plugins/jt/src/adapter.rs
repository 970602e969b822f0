//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::config::Config;
use crate::requests::{self, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::{
    Accepted, Account, AddressChange, AddressChangeRequest, Body, Call, Courier, CourierAdapter, CourierError, Identity, InterceptRequest,
    InterceptToSender, Limits, Outgoing, Purpose, PushIn, Rejecting, SettingProblem, SubscribeQuery, Subscription, TrackingQuery,
    TrackingReport, Transport,
};

/// What J&T allows. It publishes no figure; ten waybills a call are what it advises.
const LIMITS: Limits = Limits { batch: 10, ..Limits::NONE };
/// The address to push to holds a secret.
const MASKED: &[&str] = &["backUrl"];

/// One account with J&T.
#[derive(Debug)]
pub(crate) struct Jt {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Jt {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "jt", courier: Courier::Jt, account: account.name.to_owned() };
        Ok(Jt { identity, limits, transport, config })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// One request and the text of its answer.
    async fn send(&self, call: &Call, purpose: Purpose, request: Request) -> Result<String, CourierError> {
        let headers = vec![
            ("apiAccount", self.config.api_account.clone()),
            ("digest", self.config.sign(&request.content)),
            ("timestamp", call.now().millis().to_string()),
        ];
        let url = self.config.url(request.path);
        let body = Body::Form(vec![("bizContent", request.content)]);
        let outgoing = Outgoing { purpose, url: &url, headers, body, mask: MASKED, known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Jt {
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
        "JT0000000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let request = requests::track(queries, self.config.numbers)?;
        responses::tracked(queries, &self.send(call, Purpose::Question, request).await?)
    }

    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        Some(self)
    }
    fn address_change(&self) -> Option<&dyn AddressChange> {
        Some(self)
    }
    fn subscription(&self) -> Option<&dyn Subscription> {
        Some(self)
    }
    fn push_in(&self) -> Option<&dyn PushIn> {
        Some(self)
    }
}

#[async_trait]
impl InterceptToSender for Jt {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        let request = requests::intercept(&request.ticket.waybill.number, self.config.customer.as_ref())?;
        responses::taken(&self.send(call, Purpose::Change, request).await?)
    }
}

#[async_trait]
impl AddressChange for Jt {
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError> {
        let request = requests::change_address(request, self.config.customer.as_ref())?;
        responses::taken(&self.send(call, Purpose::Change, request).await?)
    }
}

#[async_trait]
impl Subscription for Jt {
    fn batch(&self) -> usize {
        self.limits.batch
    }

    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let request = requests::subscribe(queries, &self.config)?;
        responses::subscribed(queries, &self.send(call, Purpose::Question, request).await?)
    }
}
