//! An engine that does what notes tell it, so that every path of the desk can be walked at will.

use parcelward_casework::casefile::{Area, Case, CaseFile, Parcel, Subject, Timer, TimerKind};
use parcelward_casework::decision::{CaseClosed, Cause, Decision, DecisionBody};
use parcelward_casework::fact::{FactBody, Waybill};
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::rules::Rules;
use parcelward_casework::words::*;
use parcelward_casework::world::{Change, News, Reach, World};
use parcelward_casework::{Plan, Refusal, Signal};
use parcelward_scheduler::Engine;
use parcelward_store::JournalRow;

/// Notes: `wake S WORD` (in S seconds say WORD; the word `panic` panics then, `collide` cannot be stored), `parcel W`, `panic`, `collide`,
/// `refuse`, `too_late`, `await P` (wait to hear of a province), `noted P` (a province is out of reach), `world` (say how much is known).
#[derive(Debug)]
pub struct Toy;

/// What a decision of the toy says; `None` for a fact.
pub fn said(row: &JournalRow) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(&row.json).unwrap();
    json["data"]["case_id"].as_str().map(str::to_owned)
}

fn say(plan: &mut Plan, word: &str, time: Instant, because: Vec<Cause>) {
    plan.file.seq += 1;
    let id = format!("{}-{}", plan.file.tag, plan.file.seq);
    let (kind, outcome, order) = (CaseKind::Stalled, CaseOutcome::Kept, plan.file.key.clone());
    let body = DecisionBody::CaseClosed(CaseClosed { case_id: word.to_owned(), kind, order, outcome });
    plan.decisions.push(Decision { id, time, body, because });
}

/// Opens a case under an id that every order would use: the second one cannot be stored.
fn collide(plan: &mut Plan) {
    let case: Case =
        serde_json::from_str(&format!(r#"{{"id":"same-1","kind":"stalled","subject":"order","opened_at":{}}}"#, plan.file.clock.millis()))
            .unwrap();
    assert_eq!(case.subject, Subject::Order);
    plan.file.cases.push(case);
}

impl Engine for Toy {
    fn decide(&self, file: CaseFile, _: &Rules, world: &World, now: Instant, signal: Signal<'_>) -> Plan {
        let mut plan = Plan { file, decisions: Vec::new(), noted: Vec::new(), refused: None };
        plan.file.clock = now;
        let limit = if matches!(signal, Signal::TimePassed) { now } else { now - Length::millis(1) };
        let (due, later): (Vec<Timer>, Vec<Timer>) = plan.file.timers.drain(..).partition(|timer| timer.at <= limit);
        plan.file.timers = later;
        for timer in due {
            let TimerKind::Remind(word) = timer.kind else { unreachable!() };
            assert_ne!(word, "panic", "as told");
            if word == "collide" {
                collide(&mut plan);
            }
            say(&mut plan, &word, timer.at, timer.because);
        }
        if plan.file.world_seen < world.position() {
            plan.file.world_seen = world.position();
            if plan.file.is_open() || plan.file.recipient_area.is_some() {
                say(&mut plan, &format!("world {}", world.position()), now, Vec::new());
            }
        }
        if let Signal::Fact { fact, released_by } = signal {
            let mut because = vec![Cause::Fact(fact.id.clone())];
            because.extend(released_by.cloned().map(Cause::Fact));
            match &fact.body {
                FactBody::Note(told) => obey(&mut plan, &told.text, now, &fact.id, world),
                FactBody::TaskUpdate(f) if f.task_id.as_deref().is_some_and(|id| id.ends_with("-0")) => {
                    plan.refused = Some(Refusal::TaskClosed { outcome: TaskOutcome::Done });
                }
                _ => {
                    let by = released_by.map(|by| format!(" by {}", by.id)).unwrap_or_default();
                    say(&mut plan, &format!("took {}{by}", fact.id.id), now, because);
                }
            }
        }
        plan
    }

    fn next_wake_at(&self, file: &CaseFile) -> Option<Instant> {
        file.timers.iter().map(|timer| timer.at).min()
    }

    fn awaits_coverage(&self, file: &CaseFile) -> Option<(Courier, String)> {
        file.recipient_area.as_ref().and_then(|area| area.province.clone()).map(|province| (Courier::Zto, province))
    }
}

fn obey(plan: &mut Plan, text: &str, now: Instant, fact: &parcelward_casework::fact::FactId, world: &World) {
    let words: Vec<&str> = text.split(' ').collect();
    match words[..] {
        ["wake", seconds, word] => {
            let at = now + Length::millis(seconds.parse::<i64>().unwrap() * 1000);
            let kind = TimerKind::Remind(word.to_owned());
            plan.file.timers.push(Timer { at, case: None, parcel: None, kind, because: vec![Cause::Fact(fact.clone())] });
        }
        ["parcel", number] => {
            let waybill = Waybill { courier: Courier::Zto, number: number.to_owned() };
            plan.file.parcels.push(Parcel::new(waybill, Direction::Outbound, now));
        }
        ["panic"] => panic!("as told"),
        ["collide"] => collide(plan),
        ["refuse"] => plan.refused = Some(Refusal::NoSuchTask { field: "task_id" }),
        ["await", province] => plan.file.recipient_area = Some(Area { province: Some(province.to_owned()), ..Area::default() }),
        ["noted", province] => {
            let reach = Reach {
                courier: Courier::Zto,
                province: province.to_owned(),
                city: None,
                district: None,
                serves: false,
                at: now,
                until: None,
            };
            plan.noted.push(Change { at: now, cause: fact.clone(), news: News::Reach(reach) });
        }
        ["world"] => say(plan, &format!("knows {}", world.position()), now, Vec::new()),
        _ => {}
    }
}
