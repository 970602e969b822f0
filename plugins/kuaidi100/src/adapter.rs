//! The adapter: signs, sends, and hands what comes to `responses`.

use crate::codes;
use crate::config::{Config, SignType};
use crate::requests::{self, Destination, With};
use crate::responses;
use async_trait::async_trait;
use parcelward_courier::signing::{md5_hex_upper, sha256_hex_upper};
use parcelward_courier::{
    Accepted, Account, AddressChange, AddressChangeRequest, Body, Built, Call, Courier, CourierAdapter, CourierError, ExposeSecret,
    Identity, InterceptRequest, InterceptToOutlet, InterceptToSender, Limits, NotSentReason, Outgoing, Purpose, PushIn, Rejecting,
    SettingProblem, SubscribeQuery, Subscription, TrackingQuery, TrackingReport, Transport, only,
};
use std::sync::Arc;
use std::time::Duration;

/// What Kuaidi100 allows: a number that is asked about more often than every half hour is locked.
const LIMITS: Limits = Limits { least_gap: Duration::from_secs(30 * 60), ..Limits::NONE };
/// Fields of Kuaidi100's bodies that let others in, or are personal, and do not sound so.
const MASKED: &[&str] = &["callbackurl", "callbackUrl", "printAddr"];

/// One account with Kuaidi100, for one courier's parcels.
#[derive(Debug)]
pub(crate) struct Kuaidi100 {
    identity: Identity,
    limits: Limits,
    transport: Transport,
    config: Arc<Config>,
}

/// The adapters of an account: one for each courier, with one gate for all.
pub(crate) fn build(account: &Account<'_>, config: Config) -> Built {
    let limits = LIMITS.with(account.limits);
    let transport = Transport::new(account.transport, &limits).map_err(|e| vec![SettingProblem::at("transport", e.to_string())])?;
    let config = Arc::new(config);
    let adapter = |courier: &Courier| -> Arc<dyn CourierAdapter> {
        Arc::new(Kuaidi100 {
            identity: Identity { adapter: "kuaidi100", courier: *courier, account: account.name.to_owned() },
            limits: limits.clone(),
            transport: transport.clone(),
            config: Arc::clone(&config),
        })
    };
    Ok(codes::COURIERS.iter().map(adapter).collect())
}

/// What subscriptions and callbacks need.
struct Pushing<'a> {
    salt: &'a str,
    url: &'a str,
}

impl Kuaidi100 {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    fn pushing(&self) -> Option<Pushing<'_>> {
        let (salt, url) = (self.config.salt.as_ref()?, self.config.push_url.as_ref()?);
        Some(Pushing { salt: salt.expose_secret(), url: &url.0 })
    }

    /// What an intercept needs; nothing where the account cannot ask for one.
    fn intercepting(&self) -> Option<(&str, With<'_>)> {
        let courier = self.identity.courier;
        let (partner, secret) = (self.config.partners.get(&courier)?, self.config.secret.as_ref()?);
        let pushing = self.pushing();
        if pushing.is_none() && codes::wants_callback(courier) {
            return None;
        }
        let (salt, callback_url) = pushing.map_or(("", ""), |p| (p.salt, p.url));
        Some((secret.expose_secret(), With { partner, terms: &self.config.terms, salt, callback_url }))
    }

    async fn send(&self, call: &Call, purpose: Purpose, url: &str, form: Vec<(&'static str, String)>) -> Result<String, CourierError> {
        let body = Body::Form(form);
        let outgoing = Outgoing { purpose, url, headers: Vec::new(), body, mask: MASKED, known: Rejecting::default() };
        self.transport.send(call, outgoing).await.map(|reply| reply.text)
    }

    async fn intercept(&self, call: &Call, param: impl FnOnce(With<'_>) -> Result<String, CourierError>) -> Result<Accepted, CourierError> {
        let (secret, with) = self.intercepting().ok_or_else(|| {
            CourierError::not_sent(NotSentReason::Unsupported, "Kuaidi100 takes no intercepts for this courier from this account")
        })?;
        let (param, t, key) = (param(with)?, call.now().millis().to_string(), self.config.key.expose_secret());
        let sign = md5_hex_upper(&[&param, &t, key, secret]);
        let form = vec![("method", "interceptOrder".to_owned()), ("key", key.to_owned()), ("sign", sign), ("t", t), ("param", param)];
        responses::taken(&self.send(call, Purpose::Change, &self.config.order_url, form).await?)
    }
}

#[async_trait]
impl CourierAdapter for Kuaidi100 {
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
        codes::sample_number(self.identity.courier)
    }

    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError> {
        let query = only(queries)?;
        let company = self.config.company(self.identity.courier);
        let param = requests::track(company, query, self.config.resultv2)?;
        let signed = [param.as_str(), self.config.key.expose_secret(), &self.config.customer];
        let mut form = vec![("customer", self.config.customer.clone())];
        match self.config.sign_type {
            SignType::Md5 => form.push(("sign", md5_hex_upper(&signed))),
            SignType::Sha256 => form.extend([("sign", sha256_hex_upper(&signed)), ("signType", "SHA256".to_owned())]),
        }
        form.push(("param", param));
        responses::tracked(query, &self.send(call, Purpose::Question, &self.config.query_url, form).await?)
    }

    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        self.intercepting().map(|_| self as &dyn InterceptToSender)
    }
    fn intercept_to_outlet(&self) -> Option<&dyn InterceptToOutlet> {
        self.intercepting().map(|_| self as &dyn InterceptToOutlet)
    }
    fn address_change(&self) -> Option<&dyn AddressChange> {
        self.intercepting().map(|_| self as &dyn AddressChange)
    }
    fn subscription(&self) -> Option<&dyn Subscription> {
        self.pushing().map(|_| self as &dyn Subscription)
    }
    fn push_in(&self) -> Option<&dyn PushIn> {
        self.config.salt.as_ref().map(|_| self as &dyn PushIn)
    }
}

#[async_trait]
impl InterceptToSender for Kuaidi100 {
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.intercept(call, |with| requests::intercept(&request.ticket, Destination::Sender, with)).await
    }
}

#[async_trait]
impl InterceptToOutlet for Kuaidi100 {
    async fn turn_to_outlet(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError> {
        self.intercept(call, |with| requests::intercept(&request.ticket, Destination::Outlet, with)).await
    }
}

#[async_trait]
impl AddressChange for Kuaidi100 {
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError> {
        self.intercept(call, |with| requests::change_address(request, with)).await
    }
}

#[async_trait]
impl Subscription for Kuaidi100 {
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError> {
        let [query] = queries else {
            return Err(CourierError::not_sent(NotSentReason::Unsupported, "Kuaidi100 takes one number a call"));
        };
        let pushing = self.pushing().ok_or_else(|| CourierError::missing("salt"))?;
        let company = self.config.company(self.identity.courier);
        let key = self.config.key.expose_secret();
        let param = requests::subscribe(company, query, key, pushing.salt, pushing.url, self.config.resultv2)?;
        let form = vec![("schema", "json".to_owned()), ("param", param)];
        match responses::subscribed(&self.send(call, Purpose::Question, &self.config.subscribe_url, form).await?) {
            Err(refused @ CourierError::Refused(_)) => Ok(vec![Err(refused)]),
            Err(error) => Err(error),
            Ok(()) => Ok(vec![Ok(())]),
        }
    }
}
