//! `repair`: the goods come home, go to the maker, and go back to the buyer.

use super::exchange;
use crate::casefile::*;
use crate::run::{Ask, Run};
use crate::words::*;

/// The goods are home as expected.
pub(super) fn goods_home(run: &mut Run<'_>, case: Index) {
    run.ask(Ask::of(TaskKind::SendToMaker, case).in_own_hours());
}

/// They are with the maker: what comes back is sent to the buyer.
pub(super) fn sent_to_maker(run: &mut Run<'_>, case: Index) {
    run.case_mut(case).serve = Some(Serve::Reship);
    run.ask(Ask::of(TaskKind::SendRepairedBack, case).in_own_hours());
}

/// Ends as an exchange does.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    exchange::react(run, case);
}
