//! Acme, a carrier that does not exist: it says where parcels are, and nothing else.
//!
//! Its parcels are those whose courier is `other`. What a whole adapter looks like is shown by `plugins/template`.

use async_trait::async_trait;
use parcelward_courier::{
    Account, Body, Built, Call, Courier, CourierAdapter, CourierError, ExposeSecret, History, Identity, Limits, Outgoing, Plugin, Purpose,
    Rejecting, SecretReference, SecretString, SettingProblem, Tracked, TrackingEvent, TrackingQuery, TrackingReport, TrackingStatus,
    Transport, json, local_time, only,
};
use serde::Deserialize;
use std::sync::Arc;

/// For the builder.
pub const PLUGIN: Plugin = Plugin {
    code: "acme",
    name: "Acme",
    couriers: &[Courier::Other],
    example: "base_url = \"https://api.acme.example\"\ntoken = { env = \"ACME_TOKEN\" }\n",
    build,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    base_url: String,
    token: SecretReference,
}

#[derive(Debug)]
struct Acme {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    base_url: String,
    token: SecretString,
}

fn build(account: &Account<'_>) -> Built {
    let settings: Settings = account.settings()?;
    let mut problems = Vec::new();
    let base_url = account.url("base_url", &settings.base_url, &mut problems);
    let token = account.secret("token", &settings.token, &mut problems);
    let (Some(base_url), Some(token)) = (base_url, token) else { return Err(problems) };
    let limits = Limits { per_second: Some(5), ..Limits::NONE }.with(account.limits);
    let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
    let identity = Identity { adapter: "acme", courier: Courier::Other, account: account.name.to_owned() };
    Ok(vec![Arc::new(Acme { identity, limits, transport, base_url, token })])
}

/// What Acme answers.
#[derive(Deserialize)]
struct Answer {
    scans: Vec<Scan>,
}

#[derive(Deserialize)]
struct Scan {
    time: String,
    code: String,
}

#[async_trait]
impl CourierAdapter for Acme {
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
        "ACME00000000"
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        let outgoing = Outgoing {
            purpose: Purpose::Question,
            url: &format!("{}/track", self.base_url),
            headers: vec![("authorization", format!("Bearer {}", self.token.expose_secret()))],
            body: Body::Json(format!("{{\"number\":\"{}\"}}", query.number)),
            mask: &[],
            known: Rejecting::default(),
        };
        let reply = self.transport.send(call, outgoing).await?;
        let answer: Answer = json::read(&reply.text)?;
        let event = |scan: Scan| {
            let status = match scan.code.as_str() {
                "PICKED" => TrackingStatus::Collected,
                "MOVING" => TrackingStatus::InTransit,
                "DONE" => TrackingStatus::Delivered,
                _ => TrackingStatus::Unrecognized,
            };
            Some(TrackingEvent::new(local_time::parse(&scan.time)?, scan.code, status, None))
        };
        Ok(TrackingReport::one(query, Tracked::Known(History::new(answer.scans.into_iter().filter_map(event).collect()))))
    }
}
