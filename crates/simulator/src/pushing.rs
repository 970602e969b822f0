//! Telling subscribers: each parcel's new scans in the courier's own push, again until it is acknowledged.

use crate::books::{Subscription, Watched};
use crate::couriers::{self, News, Push, kuaidi100};
use crate::parcel::{Scan, scaled};
use crate::server::Stage;
use crate::service::Service;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use parcelward_casework::words::Courier;
use serde::Serialize;
use std::time::Duration;
use tokio::net::TcpStream;

/// How often a push is tried before it is given up, as couriers do.
const TRIES: u32 = 16;
/// Hours of a parcel's life between two tries.
const PAUSE_HOURS: f64 = 0.5;
const LONGEST: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 64 << 10;

/// A push that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushMade {
    /// By whom.
    pub service: Service,
    /// Of which parcel.
    pub waybill: String,
    /// The answer's HTTP status; none where there was no answer.
    pub status: Option<u16>,
    /// Whether the answer was the acknowledgement that this courier wants.
    pub acknowledged: bool,
}

/// Makes every push that is due.
pub(crate) async fn push_due(stage: &Stage) -> Vec<PushMade> {
    let mut made = Vec::new();
    for (watched, subscription) in due(stage) {
        let Some(url) = subscription.url.clone().or_else(|| stage.push_url(watched.service)) else { continue };
        made.extend(tell(stage, &watched, &subscription, &url).await);
    }
    for (watched, callback) in stage.books.callbacks() {
        let state = stage.world.with(watched.courier, &watched.number, |parcel, now| parcel.turn_state(now)).flatten();
        let Some(state) = state.filter(|state| Some(*state) != callback.told) else { continue };
        let push = kuaidi100::callback(watched.courier, &watched.number, &callback.kind, state, &callback.salt);
        let Some(push) = push else { continue };
        let one = send(watched.service, &watched.number, &callback.url, &push).await;
        if one.acknowledged {
            stage.books.told(&watched, state);
        }
        made.push(one);
    }
    made
}

/// What is subscribed; of EMS, which pushes an account's parcels unasked, all of them.
fn due(stage: &Stage) -> Vec<(Watched, Subscription)> {
    let now = stage.world.now();
    if stage.push_url(Service::Ems).is_some() {
        for parcel in stage.world.parcels().into_iter().filter(|parcel| parcel.courier == Courier::Ems) {
            let watched = Watched { service: Service::Ems, courier: Courier::Ems, number: parcel.number };
            if !stage.books.is_subscribed(&watched) {
                stage.books.subscribe(watched, None, String::new());
            }
        }
    }
    let due = |subscription: &Subscription| subscription.in_vain < TRIES && subscription.not_before.is_none_or(|at| at <= now);
    stage.books.watched().into_iter().filter(|(_, subscription)| due(subscription)).collect()
}

async fn tell(stage: &Stage, watched: &Watched, subscription: &Subscription, url: &str) -> Vec<PushMade> {
    let Watched { service, courier, number } = watched;
    let all: Vec<Scan> = stage.world.with(*courier, number, |parcel, now| parcel.past(now).to_vec()).unwrap_or_default();
    if all.len() <= subscription.told {
        return Vec::new();
    }
    let new = stage.faults.told(*service, number, all[subscription.told..].to_vec());
    let news = News { courier: *courier, number, new: &new, all: &all, subscription };
    let mut made = Vec::new();
    for push in couriers::pushes(*service, &news) {
        made.push(send(*service, number, url, &push).await);
    }
    if made.is_empty() {
        return made;
    }
    let (all_taken, now, pause) = (made.iter().all(|push| push.acknowledged), stage.world.now(), scaled(PAUSE_HOURS, stage.world.hour()));
    stage.books.amend(watched, |subscription| {
        if all_taken {
            (subscription.told, subscription.in_vain, subscription.not_before) = (all.len(), 0, None);
        } else {
            subscription.in_vain += 1;
            subscription.not_before = Some(now + pause);
        }
    });
    made
}

async fn send(service: Service, number: &str, url: &str, push: &Push) -> PushMade {
    let answer = tokio::time::timeout(LONGEST, post(url, push)).await.ok().flatten();
    let acknowledged = answer.as_ref().is_some_and(|(status, body)| couriers::is_acknowledged(service, *status, body));
    tracing::debug!(courier = service.word(), acknowledged, "pushed");
    PushMade { service, waybill: number.to_owned(), status: answer.map(|(status, _)| status), acknowledged }
}

/// One request on a connection of its own; nothing where there was no answer.
async fn post(url: &str, push: &Push) -> Option<(u16, String)> {
    let uri: Uri = url.parse().ok()?;
    let (host, port) = (uri.host()?, uri.port_u16().unwrap_or(80));
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let running = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(Method::POST).uri(path).header(HOST, uri.authority()?.as_str());
    request = request.header(CONTENT_TYPE, push.content_type);
    for (name, value) in &push.headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(Bytes::from(push.body.clone()))).ok()?;
    let answer = sender.send_request(request).await.ok()?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await.ok()?.to_bytes();
    running.abort();
    Some((status, String::from_utf8_lossy(&body).into_owned()))
}
