//! Fixtures: which must be there, and that they hold.

use super::ask::ask;
use super::fixture::Fixture;
use super::peer::Peer;
use super::{Subject, call, rendering, transport};
use crate::ability::{Abilities, Ability};
use crate::adapter::CourierAdapter;
use crate::call::Call;
use crate::error::CourierError;
use serde_json::Value;
use std::path::Path;

/// The fixtures that an ability must have. `partial-batch` only where the courier takes more than one number a call.
pub const REQUIRED: [(Ability, &[&str]); 16] = [
    (
        Ability::Tracking,
        &[
            "ordinary",
            "empty",
            "not-found",
            "partial-batch",
            "unknown-code",
            "no-time-zone",
            "duplicates",
            "out-of-order",
            "gateway-error",
            "business-failure",
            "throttled",
        ],
    ),
    (Ability::InterceptToSender, &["accepted", "refused"]),
    (Ability::InterceptToOutlet, &["accepted", "refused"]),
    (Ability::InterceptToAddress, &["accepted", "refused", "incomplete"]),
    (Ability::InterceptCancel, &["accepted", "refused"]),
    (Ability::InterceptState, &["ordinary", "not-seen", "unknown-code"]),
    (Ability::AddressChange, &["accepted", "refused", "incomplete"]),
    (Ability::PhoneChange, &["accepted", "refused"]),
    (Ability::Urge, &["accepted", "refused"]),
    (Ability::Claim, &["accepted", "refused", "state"]),
    (Ability::WorkOrder, &["accepted", "refused", "state"]),
    (Ability::Complaint, &["accepted", "refused", "state"]),
    (Ability::Proof, &["ordinary"]),
    (Ability::Subscription, &["accepted", "refused"]),
    (Ability::PushIn, &["ordinary"]),
    (Ability::LookUp, &["seen", "not-seen"]),
];

/// Fixtures that must stand with any one of the abilities that change something (`intercept_to_sender/throttled`).
pub const CHANGES_TOGETHER: [&str; 3] = ["gateway-error", "unknown-code", "throttled"];

/// Whether an ability changes something at the courier's.
pub(super) const fn changes(ability: Ability) -> bool {
    use Ability as A;
    matches!(
        ability,
        A::InterceptToSender
            | A::InterceptToOutlet
            | A::InterceptToAddress
            | A::InterceptCancel
            | A::AddressChange
            | A::PhoneChange
            | A::Urge
            | A::Claim
            | A::WorkOrder
            | A::Complaint
    )
}

/// Law: every ability that the adapter has stands in its fixtures, and no fixture is of an ability that it lacks.
pub async fn fixtures_are_there(subject: &Subject) -> Vec<String> {
    let adapter = match subject.adapter("http://127.0.0.1:9", &transport(1_000)) {
        Ok(adapter) => adapter,
        Err(why) => return vec![why],
    };
    let (abilities, folder) = (Abilities::of(adapter.as_ref()), Path::new(subject.fixtures));
    let mut breaches = Vec::new();
    for (ability, cases) in REQUIRED {
        let there = Fixture::names(folder, ability.word());
        if !abilities.has(ability) {
            breaches.extend(there.into_iter().map(|name| format!("{name}: a fixture of an ability that the adapter has not")));
            continue;
        }
        let wanted = cases.iter().filter(|case| **case != "partial-batch" || adapter.limits().batch > 1);
        for name in wanted.map(|case| format!("{}/{case}", ability.word())) {
            if !there.contains(&name) && !subject.excuse(&name) {
                breaches.push(format!("{name}: the fixture is missing"));
            }
        }
    }
    let changing: Vec<Ability> = abilities.iter().filter(|ability| changes(*ability)).collect();
    for case in CHANGES_TOGETHER.iter().filter(|_| !changing.is_empty()) {
        let any = changing.iter().any(|a| Fixture::names(folder, a.word()).contains(&format!("{}/{case}", a.word())));
        if !any && !subject.excuse(&format!("changes/{case}")) {
            breaches.push(format!("changes/{case}: none of the abilities that change something has that fixture"));
        }
    }
    let known = subject
        .not_applicable
        .iter()
        .filter(|(name, reason)| reason.is_empty() || Path::new(&folder.join(name)).with_extension("toml").exists());
    breaches.extend(known.map(|(name, _)| format!("{name}: excused without a reason, or though it is there")));
    breaches
}

/// Law: each fixture's request is what goes out, and its outcome what comes back.
pub async fn fixtures_hold(subject: &Subject) -> Vec<String> {
    match Peer::start().await {
        Ok(peer) => all(subject, &peer).await,
        Err(why) => vec![why],
    }
}

async fn all(subject: &Subject, peer: &Peer) -> Vec<String> {
    let mut breaches = Vec::new();
    for ability in Ability::ALL.into_iter().filter(|ability| *ability != Ability::PushIn) {
        for name in Fixture::names(Path::new(subject.fixtures), ability.word()) {
            match one(subject, peer, ability, &name).await {
                Ok(found) => breaches.extend(found),
                Err(why) => breaches.push(format!("{name}: {why}")),
            }
        }
    }
    breaches
}

async fn one(subject: &Subject, peer: &Peer, ability: Ability, name: &str) -> Result<Vec<String>, String> {
    let fixture = Fixture::read(Path::new(subject.fixtures), name)?;
    let adapter = subject.adapter(peer.base(), &transport(20_000))?;
    peer.play(fixture.acts());
    let call = call();
    let result = ask(adapter.as_ref(), &call, ability, &fixture.ask).await?;
    let mut breaches = fixture.misasked(&peer.seen());
    breaches.extend(rendering::differs(name, &fixture.expect, &rendering::outcome(&result)));
    breaches.extend(shows(subject, &fixture, adapter.as_ref(), &call, &result));
    breaches.extend(bears_its_name(name, &result).map(|what| format!("{name}: {what}")));
    let changed = changes(ability) && !fixture.ask.state && !fixture.exchanges.is_empty();
    if call.may_have_changed_something() != changed {
        breaches.push(format!("{name}: sent as {}, and it is not", if changed { "a question" } else { "a change" }));
    }
    Ok(breaches)
}

/// What shows of secrets and persons in anything that may be logged or kept.
pub(super) fn shows(
    subject: &Subject,
    fixture: &Fixture,
    adapter: &dyn CourierAdapter,
    call: &Call,
    result: &Result<Value, CourierError>,
) -> Vec<String> {
    let mut said = format!("{adapter:?} {call:?} {}", rendering::value(call.exchanges()));
    if let Err(error) = result {
        said.push_str(&format!("{error} {error:?}"));
    }
    let hidden = subject.secrets.iter().map(|(_, secret)| *secret).chain(fixture.ask.personal());
    hidden
        .filter(|hidden| said.contains(hidden))
        .map(|hidden| format!("{}: `{hidden}` shows in a record, an error or a Debug", fixture.name))
        .collect()
}

/// A case that bears a name shows what the name says.
fn bears_its_name(name: &str, result: &Result<Value, CourierError>) -> Option<String> {
    let case = name.split('/').nth(1)?;
    let events = || -> Vec<&Value> {
        let parcels = result.as_ref().ok().and_then(Value::as_array).into_iter().flatten();
        parcels.filter_map(|p| p["outcome"]["known"].as_array()).flatten().collect()
    };
    let tracking = name.starts_with("tracking/");
    let wrong = match case {
        "accepted" | "ordinary" | "seen" | "state" => result.is_err(),
        "refused" => !matches!(result, Err(CourierError::Refused(_))) && !name.starts_with("subscription/"),
        "incomplete" => !matches!(result, Err(CourierError::NotSent { reason: crate::NotSentReason::Incomplete, .. })),
        "throttled" => !matches!(result, Err(CourierError::NotSent { reason: crate::NotSentReason::Throttled, .. })),
        "gateway-error" => result.is_ok(),
        "unknown-code" if tracking => {
            !events().iter().any(|e| e["status"] == "unrecognized" && e["code"].as_str().is_some_and(|code| !code.is_empty()))
        }
        "unknown-code" => {
            !matches!(result, Err(CourierError::Refused(r)) if r.kind == crate::RefusalKind::Unrecognized && !r.code.is_empty())
                && !result.as_ref().is_ok_and(|value| value.to_string().contains("\"unrecognized\""))
        }
        "empty" if tracking => !result.as_ref().is_ok_and(|value| value.to_string().contains("\"known\":[]")),
        "not-found" if tracking => !result.as_ref().is_ok_and(|value| value.to_string().contains("\"not_found\"")),
        "partial-batch" => {
            let text = result.as_ref().map(Value::to_string).unwrap_or_default();
            !text.contains("\"known\":[{") || !["not_found", "not_mentioned", "refused"].iter().any(|word| text.contains(word))
        }
        "duplicates" => events().is_empty() || events().windows(2).any(|pair| pair[0] == pair[1]),
        "out-of-order" => events().len() < 2 || !events().is_sorted_by_key(|e| e["at"].as_str().unwrap_or_default()),
        "no-time-zone" => events().is_empty(),
        _ => false,
    };
    wrong.then(|| format!("it does not show what its name says: {}", rendering::outcome(result)))
}
