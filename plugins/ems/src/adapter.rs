//! The adapter: enciphers, sends, and hands what comes to `responses`.

use crate::config::Config;
use crate::{requests, responses};
use async_trait::async_trait;
use parcelward_courier::{
    Account, Body, Call, Courier, CourierAdapter, CourierError, Identity, Limits, Outgoing, Purpose, PushIn, Rejecting, SettingProblem,
    TrackingQuery, TrackingReport, Transport, only,
};

/// What EMS allows. It publishes no figure.
const LIMITS: Limits = Limits::NONE;
/// Fields of EMS' bodies that are personal and do not sound so.
const MASKED: &[&str] = &["operatorName", "operatorNo"];

/// One account with EMS.
#[derive(Debug)]
pub(crate) struct Ems {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Config,
}

impl Ems {
    pub(crate) fn new(account: &Account<'_>, config: Config) -> Result<Self, Vec<SettingProblem>> {
        let limits = LIMITS.with(account.limits);
        let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
        let identity = Identity { adapter: "ems", courier: Courier::Ems, account: account.name.to_owned() };
        Ok(Ems { identity, limits, transport, config })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }
}

#[async_trait]
impl CourierAdapter for Ems {
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
        "9800000000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        let form = requests::form(&requests::track(&query.number)?, &self.config, call.now())?;
        let outgoing = Outgoing {
            purpose: Purpose::Question,
            url: &self.config.base_url,
            headers: Vec::new(),
            body: Body::Form(form),
            mask: MASKED,
            known: Rejecting::default(),
        };
        responses::tracked(query, &self.transport.send(call, outgoing).await?.text)
    }

    fn push_in(&self) -> Option<&dyn PushIn> {
        Some(self)
    }
}
