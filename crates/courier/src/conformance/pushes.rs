//! Pushes: what they tell, what is answered, and that none is believed that is not the courier's.

use super::fixture::{Fixture, PushCase};
use super::{Subject, rendering, transport};
use crate::ability::Ability;
use crate::adapter::{CourierAdapter, PushIn};
use crate::push::{PushProblem, PushReceipt, PushRequest, Verification};
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

fn receive(able: &dyn PushIn, case: &PushCase, body: &[u8]) -> Result<PushReceipt, PushProblem> {
    able.receive(&PushRequest { headers: &case.header_list(), query: &case.query, body })
}

fn outcome(result: &Result<PushReceipt, PushProblem>) -> Value {
    match result {
        Ok(receipt) => {
            let items: Vec<Value> = receipt.items.iter().map(rendering::item).collect();
            json!({ "acknowledge": receipt.acknowledge.body, "items": items })
        }
        Err(PushProblem::Unverified(_)) => json!({ "problem": "unverified" }),
        Err(PushProblem::Malformed(_)) => json!({ "problem": "malformed" }),
        Err(PushProblem::NotStored) => json!({ "problem": "not stored" }),
    }
}

fn adapter(subject: &Subject) -> Result<Arc<dyn CourierAdapter>, String> {
    subject.adapter("http://127.0.0.1:9", &transport(1_000))
}

fn cases(subject: &Subject) -> Vec<Result<(Fixture, PushCase), String>> {
    let folder = Path::new(subject.fixtures);
    let read = |name: String| {
        let fixture = Fixture::read(folder, &name)?;
        let push = fixture.push.clone().ok_or_else(|| format!("{name}: [push] is missing"))?;
        Ok((fixture, push))
    };
    Fixture::names(folder, Ability::PushIn.word()).into_iter().map(read).collect()
}

/// Law: each push's fixture tells what it should, is answered to the byte, and tells the same under the same keys when it comes again.
pub async fn pushes_hold(subject: &Subject) -> Vec<String> {
    let adapter = match adapter(subject) {
        Ok(adapter) => adapter,
        Err(why) => return vec![why],
    };
    let Some(able) = adapter.push_in() else { return Vec::new() };
    let mut breaches = Vec::new();
    for case in cases(subject) {
        let (fixture, push) = match case {
            Ok(case) => case,
            Err(why) => {
                breaches.push(why);
                continue;
            }
        };
        let first = receive(able, &push, &push.bytes());
        breaches.extend(rendering::differs(&fixture.name, &fixture.expect, &outcome(&first)));
        if first != receive(able, &push, &push.bytes()) {
            breaches.push(format!("{}: the same push does not tell the same twice", fixture.name));
        }
        if let Ok(receipt) = &first {
            let mut keys: Vec<&str> = receipt.items.iter().map(|item| item.key.as_str()).collect();
            keys.sort_unstable();
            if keys.windows(2).any(|pair| pair[0] == pair[1]) || keys.contains(&"") {
                breaches.push(format!("{}: two items have one key, or one has none", fixture.name));
            }
            let declined = able.decline(&PushProblem::NotStored);
            if declined == receipt.acknowledge {
                breaches.push(format!("{}: a push that could not be stored is answered as if it were", fixture.name));
            }
        }
    }
    breaches
}

/// Law: a push that was changed, cut or made up is refused and never panics; a signed one that was changed is never believed.
pub async fn pushes_are_checked(subject: &Subject) -> Vec<String> {
    let adapter = match adapter(subject) {
        Ok(adapter) => adapter,
        Err(why) => return vec![why],
    };
    let Some(able) = adapter.push_in() else { return Vec::new() };
    let signed = able.verification() == Verification::Signed;
    let mut breaches = Vec::new();
    for (fixture, push) in cases(subject).into_iter().flatten() {
        let body = push.bytes();
        let told = outcome(&receive(able, &push, &body));
        if told.get("problem").is_some() {
            continue;
        }
        for at in 0..body.len() {
            let cut = receive(able, &push, &body[..at]);
            // What is cut off behind the signed part may be missing; what is told must be the same.
            if signed && cut.is_ok() && outcome(&cut) != told {
                breaches.push(format!("{} cut at byte {at} tells something else and is believed", fixture.name));
            }
            let mut changed = body.clone();
            changed[at] ^= 0x01;
            let changed = receive(able, &push, &changed);
            // A byte may stand outside what is signed; then the push must still tell the same.
            if signed && changed.is_ok() && outcome(&changed) != told {
                breaches.push(format!("{} changed at byte {at} tells something else and is believed", fixture.name));
            }
        }
    }
    let nothing = PushCase { headers: Default::default(), query: String::new(), body: None, form: None };
    let mut random = rand::rngs::StdRng::seed_from_u64(11);
    let mut made_up: Vec<Vec<u8>> =
        vec![Vec::new(), b"{}".to_vec(), b"[]".to_vec(), b"a=b".to_vec(), b"<x/>".to_vec(), vec![b'x'; 10 << 20]];
    made_up.extend((0..200).map(|_| (0..random.random_range(1..300)).map(|_| random.random()).collect()));
    for body in made_up {
        if let Ok(receipt) = receive(able, &nothing, &body) {
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            breaches.push(format!("{shown:?} is believed and tells {} things", receipt.items.len()));
        }
    }
    breaches
}
