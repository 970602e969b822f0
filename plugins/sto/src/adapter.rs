//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::config::Config;
use crate::requests::{self, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::{
    Accepted, Account, AddressChange, AddressChangeRequest, Body, Call, ClientReference, Courier, CourierAdapter, CourierError, Identity,
    InterceptCancel, InterceptRequest, InterceptToSender, Limits, Outgoing, Purpose, PushIn, Rejecting, SettingProblem, SubscribeQuery,
    Subscription, Ticket, TrackingQuery, TrackingReport, Transport,
};

/// What STO allows. It publishes no figure, of calls or of waybills in one: ten stay within what any list of its kind takes.
const LIMITS: Limits = Limits { batch: 10, ..Limits::NONE };

/// One account with STO.
#[derive(Debug)]
pub(crate) struct Sto {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Sto {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "sto", courier: Courier::Sto, account: account.name.to_owned() };
        Ok(Sto { identity, limits, transport, config })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// One request and the text of its answer.
    async fn send(&self, call: &Call, purpose: Purpose, request: Request<'_>) -> Result<String, CourierError> {
        let digest = self.config.sign(&request.content);
        let body = Body::Form(vec![
            ("content", request.content),
            ("data_digest", digest),
            ("api_name", request.api.to_owned()),
            ("from_appkey", self.config.app_key.clone()),
            ("from_code", self.config.from_code.clone()),
            ("to_appkey", request.to.to_owned()),
            ("to_code", request.to.to_owned()),
        ]);
        let url = &self.config.gateway_url;
        let outgoing = Outgoing { purpose, url, headers: Vec::new(), body, mask: &[], known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Sto {
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
        "770000000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let request = requests::track(queries)?;
        responses::tracked(queries, &self.send(call, Purpose::Question, request).await?)
    }

    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        Some(self)
    }
    fn intercept_cancel(&self) -> Option<&dyn InterceptCancel> {
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
impl InterceptToSender for Sto {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        let request = requests::intercept(&request.ticket.waybill.number, &self.config.intercepts)?;
        responses::taken(&self.send(call, Purpose::Change, request).await?)
    }
}

#[async_trait]
impl InterceptCancel for Sto {
    /// By the parcel's number alone: STO keeps one intercept a parcel, and gives it no name.
    async fn cancel_intercept(
        &self,
        call: &Call,
        ticket: &Ticket,
        _intercept: Option<&ClientReference>,
        _courier_reference: Option<&str>,
    ) -> Result<Accepted, CourierError> {
        let request = requests::cancel_intercept(&ticket.waybill.number, &self.config.intercepts)?;
        responses::taken(&self.send(call, Purpose::Change, request).await?)
    }
}

#[async_trait]
impl AddressChange for Sto {
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError> {
        let request = requests::change_address(request, &self.config.intercepts)?;
        responses::taken(&self.send(call, Purpose::Change, request).await?)
    }
}

#[async_trait]
impl Subscription for Sto {
    fn batch(&self) -> usize {
        self.limits.batch
    }

    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let request = requests::subscribe(queries)?;
        responses::subscribed(queries, &self.send(call, Purpose::Question, request).await?)
    }
}
