//! The jobs there are, and what each may be told.

use parcelward_casework::instant::Length;
use serde_json::Value;

/// A job of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// What falls due before the next review, and what was breached since the last one.
    Review,
    /// What each person has in hand at the end of a shift.
    Handover,
    /// Claims whose next step has waited for long.
    ClaimsAgeing,
    /// Whether the calendars reach far enough.
    CalendarCoverage,
    /// Every fact into a folder.
    Export,
    /// What is old is erased, or leaves.
    Retention,
    /// Couriers are asked about parcels of which nothing was heard.
    PollTracking,
    /// Courier and aggregator are asked anew about parcels that stand still or that money hangs on.
    RecheckBothSources,
}

/// What an option's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A length such as `7d`.
    Length,
    /// A folder.
    Folder,
    /// A whole number from 1 to 1000.
    Count,
}

/// An option of a job: its name, what it must be, whether it must be given, what it is.
pub type JobOption = (&'static str, Wanted, bool, &'static str);

impl Job {
    /// Every job.
    pub const ALL: [Job; 8] = [
        Job::Review,
        Job::Handover,
        Job::ClaimsAgeing,
        Job::CalendarCoverage,
        Job::Export,
        Job::Retention,
        Job::PollTracking,
        Job::RecheckBothSources,
    ];

    /// Their words.
    pub const WORDS: &'static [&'static str] =
        &["review", "handover", "claims-ageing", "calendar-coverage", "export", "retention", "poll-tracking", "recheck-both-sources"];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Job::ALL.iter().position(|job| *job == self).and_then(|at| Job::WORDS.get(at)).copied().unwrap_or_default()
    }

    /// The job of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Job> {
        Job::ALL.into_iter().find(|job| job.word() == word)
    }

    /// What it may be told.
    #[must_use]
    pub const fn options(self) -> &'static [JobOption] {
        match self {
            Job::Review | Job::Retention => &[],
            Job::Handover => {
                &[("within", Wanted::Length, false, "handover: what falls due within this length is named, at the least (8h)")]
            }
            Job::ClaimsAgeing => &[("older_than", Wanted::Length, false, "claims-ageing: how long a step has waited (7d)")],
            Job::PollTracking => {
                &[("silent_for", Wanted::Length, false, "poll-tracking: nothing was heard of a parcel for this length (12h)")]
            }
            Job::RecheckBothSources => {
                &[("older_than", Wanted::Length, false, "recheck-both-sources: the last answers are older than this length (2h)")]
            }
            Job::CalendarCoverage => &[("ahead", Wanted::Length, false, "calendar-coverage: how far ahead it looks (30d)")],
            Job::Export => &[
                ("folder", Wanted::Folder, true, "export: the folder that the files go to"),
                ("keep", Wanted::Count, false, "export: how many files are kept (14)"),
            ],
        }
    }
}

impl Wanted {
    /// What is wrong with a value.
    ///
    /// # Errors
    /// In an operator's words, without the value.
    pub fn check(self, value: &Value) -> Result<(), String> {
        let fits = match (self, value) {
            (Wanted::Length, Value::String(text)) => Length::parse(text).is_ok_and(|length| length.as_millis() > 0),
            (Wanted::Folder, Value::String(text)) => !text.trim().is_empty(),
            (Wanted::Count, Value::Number(n)) => n.as_u64().is_some_and(|n| (1..=1000).contains(&n)),
            _ => false,
        };
        let needs = match self {
            Wanted::Length => "must be a text with its unit, such as \"8h\" or \"7d\"",
            Wanted::Folder => "must be a folder, in quotes",
            Wanted::Count => "must be a whole number from 1 to 1000",
        };
        if fits { Ok(()) } else { Err(needs.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_found_by_its_word() {
        assert_eq!(Job::ALL.len(), Job::WORDS.len());
        for job in Job::ALL {
            assert_eq!(Job::from_word(job.word()), Some(job));
        }
        assert_eq!((Job::Review.word(), Job::RecheckBothSources.word()), ("review", "recheck-both-sources"));
    }
}
