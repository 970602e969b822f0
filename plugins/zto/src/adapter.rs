//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::codes;
use crate::config::Config;
use crate::requests::{self, Destination, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::signing::{Wrapping, zto_digest};
use parcelward_courier::{
    Accepted, Account, AddressChange, AddressChangeRequest, Body, Call, ClaimProgress, ClaimRequest, Claims, ClientReference, Courier,
    CourierAdapter, CourierError, ExposeSecret, Identity, InterceptCancel, InterceptRequest, InterceptState, InterceptToAddress,
    InterceptToOutlet, InterceptToSender, Limits, LookUp, LookUpQuery, Looked, NotSentReason, OperationKind, Outgoing, PhoneChange,
    PhoneChangeRequest, Purpose, PushIn, Rejecting, SettingProblem, SubscribeQuery, Subscription, Ticket, TrackingQuery, TrackingReport,
    Transport, Urge, UrgeRequest, Waybill, WorkOrderKind, WorkOrderRequest, WorkOrders, only,
};
use std::time::Duration;

/// What ZTO allows. It publishes no figure; a hundred a minute is what merchants report.
const LIMITS: Limits = Limits { per_minute: Some(100), ..Limits::NONE };
/// After that long an intercept that was taken is sure to show.
const INTERCEPT_SHOWS_AFTER: Duration = Duration::from_secs(15 * 60);
/// Fields of ZTO's bodies that are personal and do not sound so.
const MASKED: &[&str] = &["expressSigner"];

/// One account with ZTO.
#[derive(Debug)]
pub(crate) struct Zto {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Zto {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "zto", courier: Courier::Zto, account: account.name.to_owned() };
        Ok(Zto { identity, limits, transport, config })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// One request and the text of its answer.
    async fn send(&self, call: &Call, purpose: Purpose, base: &str, request: Request) -> Result<String, CourierError> {
        let signing = &self.config.signing;
        let timestamp = signing.send_timestamp.then(|| call.now().millis().to_string());
        let around = Wrapping { timestamp: timestamp.as_deref(), secret: signing.secret.expose_secret() };
        let digest = zto_digest(signing.algorithm, signing.encoding, &request.body, around, signing.hmac_key.expose_secret());
        let mut headers = vec![(signing.key_header.as_str(), signing.app_key.clone()), (signing.digest_header.as_str(), digest)];
        headers.extend(timestamp.map(|timestamp| ("x-timestamp", timestamp)));
        let url = format!("{base}/{}", request.api);
        let body = Body::Json(request.body);
        let outgoing = Outgoing { purpose, url: &url, headers, body, mask: MASKED, known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }

    async fn ask(&self, call: &Call, request: Request) -> Result<String, CourierError> {
        self.send(call, Purpose::Question, &self.config.base_url, request).await
    }

    async fn change(&self, call: &Call, request: Request) -> Result<String, CourierError> {
        self.send(call, Purpose::Change, &self.config.base_url, request).await
    }

    async fn intercept(&self, call: &Call, request: &InterceptRequest, to: Destination) -> Result<Accepted, CourierError> {
        let request = requests::intercept(request, to, &self.config.customer)?;
        responses::intercept_taken(&self.change(call, request).await?)
    }

    async fn incident_state(&self, call: &Call, waybill: &Waybill, biz_no: &str) -> Result<ClaimProgress, CourierError> {
        let request = requests::incident_state(&waybill.number, biz_no)?;
        responses::incident_state(&self.ask(call, request).await?)
    }
}

#[async_trait]
impl CourierAdapter for Zto {
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
        "73100000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        let request = requests::track(&query.number, query.phone_tail.as_ref().map(|tail| tail.as_str()))?;
        let text = self.send(call, Purpose::Question, &self.config.tracking_url, request).await?;
        responses::tracked(query, &text)
    }

    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        Some(self)
    }
    fn intercept_to_outlet(&self) -> Option<&dyn InterceptToOutlet> {
        Some(self)
    }
    fn intercept_to_address(&self) -> Option<&dyn InterceptToAddress> {
        Some(self)
    }
    fn intercept_cancel(&self) -> Option<&dyn InterceptCancel> {
        Some(self)
    }
    fn intercept_state(&self) -> Option<&dyn InterceptState> {
        Some(self)
    }
    fn address_change(&self) -> Option<&dyn AddressChange> {
        Some(self)
    }
    fn phone_change(&self) -> Option<&dyn PhoneChange> {
        Some(self)
    }
    fn urge(&self) -> Option<&dyn Urge> {
        Some(self)
    }
    fn claims(&self) -> Option<&dyn Claims> {
        Some(self)
    }
    fn work_orders(&self) -> Option<&dyn WorkOrders> {
        Some(self)
    }
    fn subscription(&self) -> Option<&dyn Subscription> {
        Some(self)
    }
    fn push_in(&self) -> Option<&dyn PushIn> {
        Some(self)
    }
    fn look_up(&self) -> Option<&dyn LookUp> {
        Some(self)
    }
}

#[async_trait]
impl InterceptToSender for Zto {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.intercept(call, request, Destination::Sender).await
    }
}

#[async_trait]
impl InterceptToOutlet for Zto {
    async fn turn_to_outlet(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.intercept(call, request, Destination::Outlet).await
    }
}

#[async_trait]
impl InterceptToAddress for Zto {
    async fn turn_to_address(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.intercept(call, request, Destination::GivenAddress).await
    }
}

#[async_trait]
impl InterceptCancel for Zto {
    async fn cancel_intercept(
        &self,
        call: &Call,
        ticket: &Ticket,
        intercept: Option<&ClientReference>,
        _courier_reference: Option<&str>,
    ) -> Result<Accepted, CourierError> {
        let intercept = intercept.ok_or_else(|| CourierError::missing("reference of the intercept"))?;
        let request = requests::cancel_intercept(&ticket.waybill.number, intercept.as_str())?;
        responses::taken(&self.change(call, request).await?)
    }
}

#[async_trait]
impl InterceptState for Zto {
    async fn state_of_intercept(&self, call: &Call, waybill: &Waybill, _courier_reference: Option<&str>) -> Result<Looked, CourierError> {
        let request = requests::intercept_state(&waybill.number)?;
        responses::intercept_state(&self.ask(call, request).await?)
    }
}

#[async_trait]
impl AddressChange for Zto {
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError> {
        let request = requests::change_address(request, &self.config.customer)?;
        responses::intercept_taken(&self.change(call, request).await?)
    }
}

#[async_trait]
impl PhoneChange for Zto {
    async fn change_phone(&self, call: &Call, request: &PhoneChangeRequest) -> Result<Accepted, CourierError> {
        let request = requests::change_phone(request, &self.config.customer)?;
        responses::incident_taken(&self.change(call, request).await?)
    }
}

#[async_trait]
impl Urge for Zto {
    async fn hurry(&self, call: &Call, request: &UrgeRequest) -> Result<Accepted, CourierError> {
        let request = requests::incident(&request.ticket, "event-urge", &request.text, &self.config.customer)?;
        responses::incident_taken(&self.change(call, request).await?)
    }
}

#[async_trait]
impl Claims for Zto {
    async fn file_claim(&self, call: &Call, request: &ClaimRequest) -> Result<Accepted, CourierError> {
        let request = requests::claim(request, &self.config.customer)?;
        responses::incident_taken(&self.change(call, request).await?)
    }

    async fn claim_state(&self, call: &Call, waybill: &Waybill, courier_reference: &str) -> Result<ClaimProgress, CourierError> {
        self.incident_state(call, waybill, courier_reference).await
    }
}

#[async_trait]
impl WorkOrders for Zto {
    fn kinds(&self) -> &'static [WorkOrderKind] {
        codes::WORK_ORDERS
    }

    async fn open_work_order(&self, call: &Call, request: &WorkOrderRequest) -> Result<Accepted, CourierError> {
        let kind = codes::work_order(request.kind)
            .ok_or_else(|| CourierError::not_sent(NotSentReason::Unsupported, "ZTO takes no such work order"))?;
        let request = requests::incident(&request.ticket, kind, &request.text, &self.config.customer)?;
        responses::incident_taken(&self.change(call, request).await?)
    }

    async fn work_order_state(&self, call: &Call, waybill: &Waybill, courier_reference: &str) -> Result<ClaimProgress, CourierError> {
        self.incident_state(call, waybill, courier_reference).await
    }
}

#[async_trait]
impl Subscription for Zto {
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let [query] = queries else {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "ZTO takes one number a call"));
        };
        let request = requests::subscribe(&query.number, query.phone_tail.as_ref().map(|tail| tail.as_str()))?;
        let text = self.send(call, Purpose::Question, &self.config.tracking_url, request).await?;
        match responses::taken(&text) {
            Ok(_) => Ok(vec![Ok(())]),
            Err(refused @ CourierError::Refused(_)) => Ok(vec![Err(refused)]),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl LookUp for Zto {
    fn finds(&self, kind: OperationKind) -> Option<Duration> {
        use OperationKind as K;
        matches!(kind, K::Intercept | K::InterceptCancel | K::AddressChange).then_some(INTERCEPT_SHOWS_AFTER)
    }

    async fn find(&self, call: &Call, query: &LookUpQuery) -> Result<Looked, CourierError> {
        if self.finds(query.kind).is_none() {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "ZTO does not say which work orders a parcel has"));
        }
        let state = self.state_of_intercept(call, &query.waybill, query.courier_reference.as_deref()).await?;
        Ok(if query.kind == OperationKind::InterceptCancel { responses::as_withdrawal(state) } else { state })
    }
}
