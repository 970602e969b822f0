//! What is kept of a question about parcels, for whoever asks later what the courier said: where it brought news, and where it went wrong.
//!
//! Most questions bring nothing new; of those nothing is kept, so that asking stays cheap. Deliberately absent: what an answer means.

use super::lane::Own;
use super::polls::fingerprint;
use parcelward_casework::instant::Instant;
use parcelward_courier::{Call, CourierError, Tracked};
use parcelward_store::lanes::{ClaimedPoll, Question};

/// Exchanges of one call that are kept: the last ones; a token may have been fetched before.
const EXCHANGES: usize = 2;
/// Characters of a body that are kept: of an answer about many parcels, those about this one.
const CHARACTERS: usize = 1_500;

/// What is worth keeping of a call.
pub(super) fn said(
    own: &Own,
    call: &Call,
    chosen: &[ClaimedPoll],
    answer: &Result<Vec<Tracked>, CourierError>,
    asked: Instant,
) -> Vec<Question> {
    let worth = |at: usize, poll: &ClaimedPoll| match answer {
        Ok(outcomes) => outcomes.get(at).and_then(|outcome| word_of(poll, outcome)),
        // What never left was not said.
        Err(CourierError::NotSent { .. }) => None,
        Err(error) => Some(("failed", Some(error.to_string()))),
    };
    let question = |(at, poll): (usize, &ClaimedPoll)| {
        let (outcome, detail) = worth(at, poll)?;
        let exchanges = call.exchanges_about(&poll.waybill.number, EXCHANGES, CHARACTERS);
        Some(Question {
            waybill: poll.waybill.clone(),
            place: poll.place,
            asked_at: asked,
            account: own.account.name.clone(),
            outcome: outcome.to_owned(),
            detail,
            exchange: serde_json::to_string(&exchanges).ok().filter(|_| !exchanges.is_empty()),
        })
    };
    chosen.iter().enumerate().filter_map(question).collect()
}

/// What an answer is worth keeping as.
fn word_of(poll: &ClaimedPoll, outcome: &Tracked) -> Option<(&'static str, Option<String>)> {
    match outcome {
        Tracked::Known(history) => (poll.answer.as_ref() != Some(&fingerprint(history))).then_some(("news", None)),
        Tracked::NotFound => Some(("not_found", None)),
        Tracked::NotMentioned => Some(("not_mentioned", None)),
        Tracked::Refused(refusal) => Some(("refused", Some(refusal.to_string()))),
    }
}
