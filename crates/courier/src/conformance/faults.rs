//! Whatever the other side does, the adapter says rightly whether it was sent, and asks once.

use super::ask::ask;
use super::cases::{changes, shows};
use super::fixture::Fixture;
use super::peer::{Act, Peer, nobody};
use super::{Subject, call, rendering, transport};
use crate::ability::{Abilities, Ability};
use crate::error::{CourierError, NotSentReason, RefusalKind, UnclearReason};
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::path::Path;

/// The fixture of an ability whose answer is a yes, on which faults are tried.
fn good(subject: &Subject, ability: Ability) -> Option<Result<Fixture, String>> {
    let folder = Path::new(subject.fixtures);
    let names = Fixture::names(folder, ability.word());
    let good = ["ordinary", "accepted", "seen"].into_iter().map(|case| format!("{}/{case}", ability.word())).find(|n| names.contains(n))?;
    Some(Fixture::read(folder, &good))
}

/// What an outcome must be.
struct Wanted {
    what: String,
    act: Act,
    /// Longest time for the exchange, where silence is tried.
    total_ms: u64,
    right: fn(&Result<Value, CourierError>, bool) -> bool,
}

fn unclear(result: &Result<Value, CourierError>, reason: UnclearReason) -> bool {
    matches!(result, Err(CourierError::Unconfirmed { reason: r, .. }) if *r == reason)
}

fn wanted(fixture: &Fixture) -> Vec<Wanted> {
    let body = fixture.exchanges.last().map(|e| e.response.bytes()).unwrap_or_default();
    let html = "<html><body><h1>502 Bad Gateway</h1></body></html>";
    let act = |what: &str, act: Act, right: fn(&Result<Value, CourierError>, bool) -> bool| Wanted {
        what: what.to_owned(),
        act,
        total_ms: 20_000,
        right,
    };
    let malformed = |r: &Result<Value, CourierError>, _: bool| unclear(r, UnclearReason::Malformed);
    let failed = |r: &Result<Value, CourierError>, _: bool| unclear(r, UnclearReason::CourierFailed);
    let mut all = vec![
        act("HTML in place of an answer", Act::typed(200, "text/html", html), malformed),
        act("an empty answer", Act::answer(200, ""), malformed),
        act("an answer that breaks off", Act::CutShort(body[..body.len() / 2].to_vec(), body.len()), |r, _| {
            unclear(r, UnclearReason::Broken)
        }),
        act("a connection that is closed after the request", Act::Close, |r, _| unclear(r, UnclearReason::Broken)),
        act("ten megabytes, announced", Act::answer(200, vec![b' '; 10 << 20]), |r, _| unclear(r, UnclearReason::TooLarge)),
        act("ten megabytes, not announced", Act::Flood(10 << 20), |r, _| unclear(r, UnclearReason::TooLarge)),
    ];
    let silent =
        |what: &str, act: Act| Wanted { what: what.to_owned(), act, total_ms: 300, right: |r, _| unclear(r, UnclearReason::Timeout) };
    all.push(silent("silence after the request", Act::Hang));
    all.push(silent("an answer slower than anybody waits", Act::Drip(body.clone())));
    for status in [500, 502, 504, 408, 409] {
        all.push(act(&format!("HTTP {status}"), Act::typed(status, "text/html", html), failed));
    }
    all.push(act(
        "HTTP 401",
        Act::answer(401, "{}"),
        |r, _| matches!(r, Err(CourierError::Refused(refusal)) if refusal.kind == RefusalKind::Account),
    ));
    let headers = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let retry = |status| Act::Answer { status, headers: headers("retry-after", "7"), body: Vec::new() };
    for status in [429, 503] {
        // What changes something is turned away only where the courier's documents say so: then with the time to wait.
        all.push(act(&format!("HTTP {status} with Retry-After"), retry(status), |r, change| match r {
            Err(CourierError::NotSent { reason: NotSentReason::Throttled, retry_after, .. }) => {
                retry_after.is_some_and(|w| w.as_secs() == 7)
            }
            other => change && unclear(other, UnclearReason::CourierFailed),
        }));
    }
    let elsewhere = Act::Answer { status: 302, headers: headers("location", "/elsewhere"), body: Vec::new() };
    all.push(act("a redirect", elsewhere, |r, change| {
        if change {
            unclear(r, UnclearReason::Redirected)
        } else {
            matches!(r, Err(CourierError::NotSent { reason: NotSentReason::Misconfigured, .. }))
        }
    }));
    for shape in ["{}", "[]", "null", "1", "\"ok\"", "[1]", "[[]]", "{\"data\":{}}", "<xml/>"] {
        // Some of these are an empty answer with some courier; none is ever an acceptance.
        all.push(act(&format!("the answer {shape}"), Act::answer(200, shape), |r, change| {
            if change { r.as_ref().is_err_and(CourierError::is_unconfirmed) } else { !matches!(r, Err(CourierError::NotSent { .. })) }
        }));
    }
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    for n in 0..40 {
        let bytes: Vec<u8> = (0..random.random_range(1..400)).map(|_| random.random()).collect();
        all.push(act(&format!("random bytes, the {n}th"), Act::answer(200, bytes), malformed));
    }
    all
}

/// Law: faults are told apart, each request is made once, and nothing personal shows.
pub async fn faults_are_told_apart(subject: &Subject) -> Vec<String> {
    each(subject, |ability, fixture| Box::pin(faults(subject, ability, fixture))).await
}

/// Law: an answer that is cut, wherever it is cut, is no answer.
pub async fn cut_answers_are_unconfirmed(subject: &Subject) -> Vec<String> {
    each(subject, |ability, fixture| Box::pin(cuts(subject, ability, fixture))).await
}

type Found<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Vec<String>, String>> + Send + 'a>>;

async fn each<'a>(subject: &'a Subject, law: impl Fn(Ability, Fixture) -> Found<'a>) -> Vec<String> {
    let adapter = match subject.adapter("http://127.0.0.1:9", &transport(1_000)) {
        Ok(adapter) => adapter,
        Err(why) => return vec![why],
    };
    let mut breaches = Vec::new();
    for ability in Abilities::of(adapter.as_ref()).iter().filter(|ability| *ability != Ability::PushIn) {
        let found = match good(subject, ability) {
            None => Ok(Vec::new()),
            Some(Err(why)) => Err(why),
            Some(Ok(fixture)) => law(ability, fixture).await,
        };
        match found {
            Ok(found) => breaches.extend(found),
            Err(why) => breaches.push(format!("{}: {why}", ability.word())),
        }
    }
    breaches
}

async fn faults(subject: &Subject, ability: Ability, fixture: Fixture) -> Result<Vec<String>, String> {
    let peer = Peer::start().await?;
    let change = changes(ability);
    let mut breaches = Vec::new();
    for wanted in wanted(&fixture) {
        let adapter = subject.adapter(peer.base(), &transport(wanted.total_ms))?;
        peer.play(fixture.acts_but(wanted.act));
        let call = call();
        let result = ask(adapter.as_ref(), &call, ability, &fixture.ask).await?;
        let what = format!("{} with {}", fixture.name, wanted.what);
        if !(wanted.right)(&result, change) {
            breaches.push(format!("{what}: came {}", rendering::outcome(&result)));
        }
        if peer.seen().len() != fixture.exchanges.len() {
            breaches.push(format!("{what}: {} requests, {} expected", peer.seen().len(), fixture.exchanges.len()));
        }
        breaches.extend(shows(subject, &fixture, adapter.as_ref(), &call, &result));
    }
    let adapter = subject.adapter(&nobody().await?, &transport(20_000))?;
    let call = call();
    let result = ask(adapter.as_ref(), &call, ability, &fixture.ask).await?;
    if !matches!(&result, Err(CourierError::NotSent { reason: NotSentReason::Unreachable, .. })) || call.may_have_changed_something() {
        breaches.push(format!("{} with nobody there: came {}", fixture.name, rendering::outcome(&result)));
    }
    Ok(breaches)
}

async fn cuts(subject: &Subject, ability: Ability, fixture: Fixture) -> Result<Vec<String>, String> {
    let peer = Peer::start().await?;
    let body = fixture.exchanges.last().map(|e| e.response.bytes()).unwrap_or_default();
    let mut breaches = Vec::new();
    for at in 0..body.len() {
        let adapter = subject.adapter(peer.base(), &transport(20_000))?;
        peer.play(fixture.acts_but(Act::answer(200, &body[..at])));
        let result = ask(adapter.as_ref(), &call(), ability, &fixture.ask).await?;
        if !result.as_ref().is_err_and(CourierError::is_unconfirmed) {
            breaches.push(format!("{} cut at byte {at} of {}: came {}", fixture.name, body.len(), rendering::outcome(&result)));
        }
    }
    Ok(breaches)
}
