//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::config::{BodyKind, Config, Endpoint};
use crate::wire::Envelope;
use crate::{requests, responses};
use async_trait::async_trait;
use parcelward_courier::{
    Accepted, Account, AddressChange, AddressChangeRequest, Body, Call, ClientReference, Courier, CourierAdapter, CourierError, Identity,
    InterceptCancel, InterceptRequest, InterceptToSender, Limits, NotSentReason, Outgoing, Purpose, PushIn, Rejecting, SettingProblem,
    SubscribeQuery, Subscription, Ticket, TrackingQuery, TrackingReport, Transport, json, only,
};

/// What YTO allows. It publishes no figure; two hundred a minute is what merchants report.
const LIMITS: Limits = Limits { per_minute: Some(200), ..Limits::NONE };

/// One account with YTO.
#[derive(Debug)]
pub(crate) struct Yto {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Yto {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "yto", courier: Courier::Yto, account: account.name.to_owned() };
        Ok(Yto { identity, limits, transport, config })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// One request and the text of its answer.
    async fn send(&self, call: &Call, purpose: Purpose, to: &Endpoint, param: String) -> Result<String, CourierError> {
        let sign = to.sign(&param);
        let timestamp = call.now().millis().to_string();
        let body = match self.config.body {
            BodyKind::Json => Body::Json(json::write(&Envelope { timestamp: &timestamp, param: &param, sign: &sign, format: "JSON" })?),
            BodyKind::Form => Body::Form(vec![("timestamp", timestamp), ("param", param), ("sign", sign), ("format", "JSON".to_owned())]),
        };
        let outgoing = Outgoing { purpose, url: &to.url, headers: Vec::new(), body, mask: &[], known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Yto {
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
        "YT0000000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        let param = requests::track(&self.config.number_field, &query.number)?;
        responses::tracked(query, &self.send(call, Purpose::Question, &self.config.track, param).await?)
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
impl InterceptToSender for Yto {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        let param = requests::intercept(&request.ticket.waybill.number, &self.config.words)?;
        responses::taken(&self.send(call, Purpose::Change, &self.config.intercept, param).await?)
    }
}

#[async_trait]
impl InterceptCancel for Yto {
    /// By the parcel's number alone: YTO keeps one intercept a parcel, and gives it no name.
    async fn cancel_intercept(
        &self,
        call: &Call,
        ticket: &Ticket,
        _intercept: Option<&ClientReference>,
        _courier_reference: Option<&str>,
    ) -> Result<Accepted, CourierError> {
        let param = requests::cancel_intercept(&ticket.waybill.number, &self.config.words)?;
        responses::taken(&self.send(call, Purpose::Change, &self.config.intercept_cancel, param).await?)
    }
}

#[async_trait]
impl AddressChange for Yto {
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError> {
        let param = requests::change_address(request, &self.config.words)?;
        responses::taken(&self.send(call, Purpose::Change, &self.config.address_change, param).await?)
    }
}

#[async_trait]
impl Subscription for Yto {
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let [query] = queries else {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "YTO takes one number a call"));
        };
        let param = requests::subscribe(&self.config.client_id, &query.number)?;
        let text = self.send(call, Purpose::Question, &self.config.subscribe, param).await?;
        match responses::subscribed(&text) {
            Ok(()) => Ok(vec![Ok(())]),
            Err(refused @ CourierError::Refused(_)) => Ok(vec![Err(refused)]),
            Err(error) => Err(error),
        }
    }
}
