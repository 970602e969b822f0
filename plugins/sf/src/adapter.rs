//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::codes;
use crate::config::{Config, Timestamp};
use crate::requests::{self, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::signing::sf_digest;
use parcelward_courier::{
    Accepted, Account, AddressChange, AddressChangeRequest, Body, Call, ClientReference, Courier, CourierAdapter, CourierError,
    ExposeSecret, Identity, InterceptCancel, InterceptRequest, InterceptToAddress, InterceptToSender, Limits, NotSentReason, Outgoing,
    PhoneChange, PhoneChangeRequest, Proof, ProofAnswer, ProofKind, ProofQuery, Purpose, PushIn, Rejecting, SettingProblem, SubscribeQuery,
    Subscription, Ticket, TrackingQuery, TrackingReport, Transport,
};
use std::time::Duration;

/// What SF allows. It publishes no figure for calls.
const LIMITS: Limits = Limits {
    batch: 10,
    tracking_reaches: Some(Duration::from_secs(90 * 24 * 3600)),
    // "Once intercepted, cannot be intercepted again", says a sister product's document.
    intercept_once: true,
    ..Limits::NONE
};
/// Fields of SF's bodies that are the account's own.
const MASKED: &[&str] = &["monthlyCardNo", "customerAcctCode"];

/// One account with SF.
#[derive(Debug)]
pub(crate) struct Sf {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Sf {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "sf", courier: Courier::Sf, account: account.name.to_owned() };
        Ok(Sf { identity, limits, transport, config })
    }

    /// One request and the text of its answer.
    async fn send(&self, call: &Call, purpose: Purpose, url: &str, request: Request) -> Result<String, CourierError> {
        let millis = call.now().millis();
        let timestamp = match self.config.timestamp {
            Timestamp::Milliseconds => millis.to_string(),
            Timestamp::Seconds => millis.div_euclid(1000).to_string(),
        };
        let digest = sf_digest(&request.msg_data, &timestamp, self.config.checkword.expose_secret());
        let body = Body::Form(vec![
            ("partnerID", self.config.partner_id.clone()),
            ("requestID", call.id().to_owned()),
            ("serviceCode", request.service.to_owned()),
            ("timestamp", timestamp),
            ("msgDigest", digest),
            ("msgData", request.msg_data),
        ]);
        let outgoing = Outgoing { purpose, url, headers: Vec::new(), body, mask: MASKED, known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }

    async fn change(&self, call: &Call, request: Request) -> Result<Accepted, CourierError> {
        responses::wanted(&self.send(call, Purpose::Change, &self.config.base_url, request).await?)
    }
}

#[async_trait]
impl CourierAdapter for Sf {
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
        "SF0000000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        if queries.is_empty() || queries.len() > LIMITS.batch {
            let what = format!("{} numbers in one call, and SF takes 1 to {}", queries.len(), LIMITS.batch);
            return Err(CourierError::not_sent(NotSentReason::Unsupported, what));
        }
        let request = requests::track(queries, self.config.sender_phone_tail.as_ref())?;
        let text = self.send(call, Purpose::Question, &self.config.tracking_url, request).await?;
        responses::tracked(queries, &text)
    }

    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        Some(self)
    }
    fn intercept_to_address(&self) -> Option<&dyn InterceptToAddress> {
        Some(self)
    }
    fn intercept_cancel(&self) -> Option<&dyn InterceptCancel> {
        Some(self)
    }
    fn address_change(&self) -> Option<&dyn AddressChange> {
        Some(self)
    }
    fn phone_change(&self) -> Option<&dyn PhoneChange> {
        Some(self)
    }
    fn proof(&self) -> Option<&dyn Proof> {
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
impl InterceptToSender for Sf {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.change(call, requests::turn_to_sender(request, &self.config.terms)?).await
    }
}

#[async_trait]
impl InterceptToAddress for Sf {
    async fn turn_to_address(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.change(call, requests::turn_to_address(request, &self.config.terms)?).await
    }
}

#[async_trait]
impl InterceptCancel for Sf {
    async fn cancel_intercept(
        &self,
        call: &Call,
        ticket: &Ticket,
        _intercept: Option<&ClientReference>,
        courier_reference: Option<&str>,
    ) -> Result<Accepted, CourierError> {
        self.change(call, requests::withdraw(ticket, courier_reference, &self.config.terms)?).await
    }
}

#[async_trait]
impl AddressChange for Sf {
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError> {
        self.change(call, requests::change_address(request, &self.config.terms)?).await
    }
}

#[async_trait]
impl PhoneChange for Sf {
    async fn change_phone(&self, call: &Call, request: &PhoneChangeRequest) -> Result<Accepted, CourierError> {
        self.change(call, requests::change_phone(request, &self.config.terms)?).await
    }
}

#[async_trait]
impl Proof for Sf {
    fn kinds(&self) -> &'static [ProofKind] {
        codes::PROOFS
    }

    async fn pictures(&self, call: &Call, query: &ProofQuery) -> Result<ProofAnswer, CourierError> {
        let request = requests::picture(query, &self.config.terms)?;
        // Asking twice does no harm: the picture is pushed twice.
        responses::taken(&self.send(call, Purpose::Question, &self.config.base_url, request).await?)?;
        Ok(ProofAnswer::WillBePushed)
    }
}

#[async_trait]
impl Subscription for Sf {
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let [query] = queries else {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "SF takes one number a call"));
        };
        let request = requests::subscribe(query, self.config.sender_phone_tail.as_ref())?;
        match responses::taken(&self.send(call, Purpose::Question, &self.config.tracking_url, request).await?) {
            Err(refused @ CourierError::Refused(_)) => Ok(vec![Err(refused)]),
            Err(error) => Err(error),
            Ok(()) => Ok(vec![Ok(())]),
        }
    }
}
