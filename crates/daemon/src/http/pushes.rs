//! `POST /push/{courier}/{secret}`: what couriers push, answered in each courier's own words.
//!
//! The secret in the path names the account. What is taken is stored before it is acknowledged; what is not taken changes nothing.
//! Deliberately absent: what a push means (its plugin reads it) and, from every log line, what stands in it and in the path.

use super::app::App;
use super::problem::{Kind, Problem};
use super::push_facts::{Pusher, new_number, told_of, waybill_to_look_up};
use super::push_record::Taken;
use crate::config::{Network, PushDoor};
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use parcelward_casework::fact::Waybill;
use parcelward_courier::{Acknowledgement, PushProblem, PushReceipt, PushRequest, Verification};
use parcelward_scheduler::{Incoming, Receipt, Refused, metric};
use parcelward_store::StoreError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant as Stopwatch;

/// The largest push that is read, in bytes: the largest that a courier documents has ten parcels' scans.
const MOST: usize = 1 << 20;
/// How much of a larger one is read before the connection is given up.
const READ_ON: usize = 32 << 20;

/// Takes a push.
#[utoipa::path(
    post, path = "/push/{courier}/{secret}", operation_id = "take_push", tag = "couriers",
    params(
        ("courier" = String, Path, description = "The code of the courier or aggregator that pushes"),
        ("secret" = String, Path, description = "The secret of one of its accounts"),
    ),
    request_body(description = "As the courier writes it", content((String = "application/x-www-form-urlencoded"), (Object = "application/json"))),
    responses(
        (status = 200, description = "The courier's own acknowledgement, or its own word for \"send it again\"", body = String),
        (status = 403, description = "Not from an address of the account's list", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No account of this courier has this secret", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 1 MiB; in the courier's own words", body = String),
    ),
    security(())
)]
pub async fn post(State(app): State<Arc<App>>, Path((courier, secret)): Path<(String, String)>, request: Request) -> Response {
    let config = app.config();
    let couriers = &config.couriers;
    let Some(door) = door(&couriers.doors, &courier, &secret) else {
        count("unknown", "unknown");
        return Problem::not_found("no pushes are taken at this path").into_response();
    };
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let sender = peer.map(|peer| sender(peer, &parts.headers, &couriers.trusted_proxies));
    if !door.from.is_empty() && !sender.is_some_and(|sender| door.from.iter().any(|network| network.holds(sender))) {
        count(door.code, "address");
        let from = sender.map(|sender| sender.to_string()).unwrap_or_default();
        tracing::warn!(courier = door.code, account = %door.account, from, "a push came from an address that is not on the account's list");
        return Problem::new(Kind::Forbidden).detail("pushes are not taken from this address").into_response();
    }
    let Some(body) = whole(body).await else {
        let problem = PushProblem::Malformed(format!("more than {MOST} bytes, or not whole"));
        return decline(door, &problem, "too_large", Some(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let (at, began) = (app.now(), Stopwatch::now());
    let headers = texts(&parts.headers);
    let request = PushRequest { headers: &headers, query: parts.uri.query().unwrap_or_default(), body: &body };
    match read(door, &request) {
        Err(problem @ PushProblem::Unverified(_)) => decline(door, &problem, "unverified", None),
        Err(problem) => decline(door, &problem, "malformed", None),
        Ok(receipt) => match store(&app, door, &receipt).await {
            Ok(new) => {
                count(door.code, if new { "taken" } else { "known" });
                let taken = Taken { door, request: &request, receipt: &receipt, at, new, took: began.elapsed() };
                // What it told is what counts: that is stored, whatever becomes of this.
                if let Err(error) = taken.keep(&app).await {
                    tracing::warn!(courier = door.code, account = %door.account, %error, "what was pushed could not be kept for `explain`");
                }
                answer(&receipt.acknowledge, None)
            }
            Err(()) => decline(door, &PushProblem::NotStored, "not_stored", None),
        },
    }
}

/// The account whose secret stands in the path. Every one is compared, so that the time taken says nothing.
fn door<'d>(doors: &'d [PushDoor], courier: &str, secret: &str) -> Option<&'d PushDoor> {
    let of_courier = doors.iter().filter(|door| door.code == courier);
    of_courier.fold(None, |found, door| if door.opens_with(secret) { Some(door) } else { found })
}

/// A body; nothing where it is too large or breaks off. What is too much is read on for a while and thrown away: a sender that is still writing
/// would not hear the answer.
async fn whole(body: Body) -> Option<Bytes> {
    let (mut stream, mut kept, mut read) = (body.into_data_stream(), Vec::new(), 0);
    while let Some(part) = stream.next().await {
        let part = part.ok()?;
        read += part.len();
        if read > READ_ON {
            return None;
        }
        if read <= MOST {
            kept.extend_from_slice(&part);
        } else {
            kept = Vec::new();
        }
    }
    (read <= MOST).then(|| kept.into())
}

/// Who sent it: the peer, or whom a trusted proxy names, read from the nearest hop outward.
fn sender(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let named = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<Option<IpAddr>> = named.flat_map(|value| value.split(',')).map(|hop| hop.trim().parse().ok()).collect();
    let mut sender = peer;
    for hop in hops.into_iter().rev() {
        match hop {
            Some(hop) if is_trusted(sender) => sender = hop,
            _ => break,
        }
    }
    sender.to_canonical()
}

/// Headers that are text.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect()
}

fn read(door: &PushDoor, request: &PushRequest<'_>) -> Result<PushReceipt, PushProblem> {
    let reader = door.adapter.push_in().ok_or_else(|| PushProblem::Malformed("this courier pushes nothing".to_owned()))?;
    reader.receive(request)
}

/// Stores what a push tells; whether anything of it was new.
async fn store(app: &App, door: &PushDoor, receipt: &PushReceipt) -> Result<bool, ()> {
    let verification = door.adapter.push_in().ok_or(())?.verification();
    let pusher = Pusher { identity: door.adapter.identity(), verification, now: app.now() };
    let mut facts: Vec<Incoming> = Vec::with_capacity(receipt.items.len());
    for item in &receipt.items {
        let order = match waybill_to_look_up(item) {
            Some(waybill) => app.store.order_of_waybill(waybill).await.map_err(|error| not_stored(door, &error))?,
            None => None,
        };
        let stored = match order.as_ref().filter(|_| new_number(item).is_some()) {
            Some(order) => app.store.case_file(order).await.map_err(|error| not_stored(door, &error))?,
            None => None,
        };
        facts.extend(pusher.facts(item, order.as_ref(), stored.as_ref().map(|stored| &*stored.file)));
    }
    let receipts = app.desk.submit(facts).await.map_err(|error| not_stored(door, &error))?;
    if receipts.iter().any(|receipt| matches!(receipt, Receipt::Refused(Refused::FileBroken(_)))) {
        return Err(());
    }
    if verification == Verification::Unsigned {
        look_again(app, receipt).await.map_err(|error| not_stored(door, &error))?;
    }
    // What is known already, or of no order of ours, is taken: the courier would send it again for ever.
    let new = receipts.iter().filter(|receipt| matches!(receipt, Receipt::Accepted { .. })).count();
    tracing::debug!(courier = door.code, account = %door.account, items = receipt.items.len(), new, "a push was taken");
    Ok(new > 0)
}

/// What nobody signed is asked about before money moves; what decides something, at once, and again where the same push comes again.
async fn look_again(app: &App, receipt: &PushReceipt) -> Result<(), StoreError> {
    let Some(lanes) = app.lanes().await else { return Ok(()) };
    let mut told: Vec<(&Waybill, bool)> = Vec::new();
    for (waybill, decides) in receipt.items.iter().filter_map(told_of) {
        match told.iter_mut().find(|(seen, _)| *seen == waybill) {
            Some((_, at_once)) => *at_once |= decides,
            None => told.push((waybill, decides)),
        }
    }
    for (waybill, at_once) in told {
        lanes.look_again(waybill, at_once).await?;
    }
    Ok(())
}

fn not_stored(door: &PushDoor, error: &dyn std::fmt::Display) {
    tracing::error!(courier = door.code, account = %door.account, %error, "a push could not be stored; the courier is asked to send it again");
}

/// Says no in the courier's words.
fn decline(door: &PushDoor, problem: &PushProblem, result: &'static str, status: Option<StatusCode>) -> Response {
    count(door.code, result);
    tracing::warn!(courier = door.code, account = %door.account, %problem, "a push was not taken");
    match door.adapter.push_in() {
        Some(reader) => answer(&reader.decline(problem), status),
        None => Problem::not_found("no pushes are taken at this path").into_response(),
    }
}

fn answer(acknowledgement: &Acknowledgement, status: Option<StatusCode>) -> Response {
    let status = status.or_else(|| StatusCode::from_u16(acknowledgement.status).ok()).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, acknowledgement.content_type)], acknowledgement.body.clone()).into_response()
}

fn count(courier: &'static str, result: &'static str) {
    metrics::counter!(metric::PUSHES, "courier" => courier, "result" => result).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|network| Network::parse(network).unwrap()).collect();
        sender(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_about_the_sender() {
        assert_eq!(from("203.0.113.9", &["198.51.100.1"], &[]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(
            from("127.0.0.1", &["198.51.100.1, 203.0.113.9"], &["127.0.0.1"]),
            "203.0.113.9",
            "what the sender wrote itself is not read"
        );
        assert_eq!(from("10.0.0.2", &["198.51.100.1, 203.0.113.9", "10.0.0.1"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(from("127.0.0.1", &["nonsense"], &["127.0.0.1"]), "127.0.0.1");
        assert_eq!(from("::ffff:203.0.113.9", &[], &[]), "203.0.113.9");
    }
}
