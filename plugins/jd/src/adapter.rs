//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::codes;
use crate::config::{Config, Origin};
use crate::requests::{self, Request};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::{
    Accepted, Account, Body, Call, Courier, CourierAdapter, CourierError, Identity, InterceptRequest, InterceptToSender, Limits,
    NotSentReason, Outgoing, Proof, ProofAnswer, ProofKind, ProofQuery, Purpose, Rejecting, SettingProblem, TrackingQuery, TrackingReport,
    Transport, only,
};

/// What JD allows. It publishes no figure.
const LIMITS: Limits = Limits::NONE;
/// Fields that are personal and do not sound so.
const MASKED: &[&str] = &[];
/// A picture's address opens for anybody who has it, and its field's name is not published.
const PICTURE: &[&str] = &["data"];

/// One account with JD.
#[derive(Debug)]
pub(crate) struct Jd {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Jd {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "jd", courier: Courier::Jd, account: account.name.to_owned() };
        Ok(Jd { identity, limits, transport, config })
    }

    /// One request and the text of its answer.
    async fn send(&self, call: &Call, purpose: Purpose, request: Request, mask: &'static [&'static str]) -> Result<String, CourierError> {
        let url = format!("{}{}?{}", self.config.base_url, request.path, requests::query(&request, &self.config, call.now()));
        let headers = if self.config.lop_tz.is_empty() { Vec::new() } else { vec![("lop-tz", self.config.lop_tz.clone())] };
        let outgoing = Outgoing { purpose, url: &url, headers, body: Body::Json(request.body), mask, known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }
}

#[async_trait]
impl CourierAdapter for Jd {
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
        "JDV000000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        let request = requests::track(&query.number, &self.config.owner)?;
        responses::tracked(query, &self.send(call, Purpose::Question, request, MASKED).await?)
    }

    /// JD cancels c2c orders and intercepts none of their parcels.
    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        (self.config.owner.origin != Origin::C2c).then_some(self as &dyn InterceptToSender)
    }
    fn proof(&self) -> Option<&dyn Proof> {
        (self.config.owner.origin == Origin::B2c).then_some(self as &dyn Proof)
    }
}

#[async_trait]
impl InterceptToSender for Jd {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        let request = requests::intercept(&request.ticket.waybill.number, &self.config)?;
        responses::taken(&self.send(call, Purpose::Change, request, MASKED).await?)
    }
}

#[async_trait]
impl Proof for Jd {
    fn kinds(&self) -> &'static [ProofKind] {
        codes::PROOFS
    }

    async fn pictures(&self, call: &Call, query: &ProofQuery) -> Result<ProofAnswer, CourierError> {
        if !codes::PROOFS.contains(&query.kind) {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "JD gives signatures only"));
        }
        let request = requests::signature(&query.waybill.number, &self.config.owner)?;
        responses::pictures(&self.send(call, Purpose::Question, request, PICTURE).await?)
    }
}
