//! `return_parcel`: goods on their way home: the buyer's return, or our own parcel refused or turned round.
//!
//! Deliberately absent: what an exchange or a repair does with them (`exchange`, `repair`).

use super::appeal::sale_of;
use super::{claim, exchange, lost, out_of_range, serve};
use crate::casefile::*;
use crate::look::index;
use crate::parcel::Phase;
use crate::rule_kind::RuleKind;
use crate::run::{Ask, Run};
use crate::update::Done;
use crate::words::*;

/// Opens a case for every parcel that comes back, and for every return that was agreed.
pub(super) fn open(run: &mut Run<'_>) {
    for parcel in 0..run.file.parcels.len() {
        let (parcel, subject) = (index(parcel), Subject::Parcel(index(parcel)));
        let had = |c: &Case| c.kind == CaseKind::ReturnParcel && (c.subject == subject || c.parcel == Some(parcel));
        if !run.file.parcel(parcel).is_current() || run.file.cases.iter().any(had) {
            continue;
        }
        if !comes_home(run, parcel) {
            link(run, parcel);
        } else if run.file.parcel(parcel).is_ours() && joins_a_return(run, parcel) {
            // The buyer sent nothing: our own parcel brings the goods that were agreed to come back.
        } else if run.file.parcel(parcel).is_ours() || run.file.turned_into(parcel).is_some() || !link(run, parcel) {
            let case = run.open_case(CaseKind::ReturnParcel, subject, None);
            let sale = run.file.after_sales.iter().rposition(|s| s.asks_refund() && !s.is_over()).map(index);
            run.case_mut(case).after_sale = sale;
        }
    }
    for sale in 0..run.file.after_sales.len() {
        let (sale, state) = (index(sale), &run.file.after_sales[sale]);
        let agreed = matches!(state.status(), Some(AfterSaleStatus::Agreed | AfterSaleStatus::BuyerShipped | AfterSaleStatus::Received));
        let had = |c: &Case| {
            c.kind == CaseKind::ReturnParcel && (c.subject == Subject::AfterSale(sale) || c.after_sale == Some(sale)) && !was_called_off(c)
        };
        if state.goods_come_back() && agreed && !run.file.cases.iter().any(had) {
            open_for_sale(run, sale);
        }
    }
}

/// Whether goods are on their way home in a parcel: ours turned round, or one that was declared a return.
fn comes_home(run: &Run<'_>, parcel: Index) -> bool {
    let state = run.file.parcel(parcel);
    match state.direction {
        Direction::Return => state.declared && (state.is_scanned() || run.file.turned_into(parcel).is_some()),
        _ => state.phase().is_back(),
    }
}

/// Whether a return that was agreed still waits for goods: those of a parcel of ours that turned round are they.
fn joins_a_return(run: &mut Run<'_>, parcel: Index) -> bool {
    let waits = |c: &Case| c.kind == CaseKind::ReturnParcel && c.closed.is_none() && c.parcel.is_none();
    let sale = run.file.cases.iter().rfind(|c| waits(c)).and_then(|c| match c.subject {
        Subject::AfterSale(sale) => Some(sale),
        _ => None,
    });
    if let Some(sale) = sale {
        run.link_return(sale, parcel);
    }
    sale.is_some()
}

/// A return that was declared without its after-sale belongs to the one that waits for a parcel. Whether it has one now.
fn link(run: &mut Run<'_>, parcel: Index) -> bool {
    use AfterSaleStatus as S;
    let state = run.file.parcel(parcel);
    if state.direction != Direction::Return || !state.declared || run.file.turned_into(parcel).is_some() {
        return false;
    }
    if state.after_sale.is_some() {
        return true;
    }
    let waits = |s: &AfterSale| {
        s.goods_come_back() && s.return_parcel.is_none() && matches!(s.status(), Some(S::Agreed | S::BuyerShipped | S::Received))
    };
    let sale = run.file.after_sales.iter().rposition(waits).map(index);
    if let Some(sale) = sale {
        run.link_return(sale, parcel);
    }
    sale.is_some()
}

/// Whether a case ended because its after-sale did, before any goods were seen: agreed to again, it is a new cause.
fn was_called_off(case: &Case) -> bool {
    let ended = matches!(case.closed, Some((_, CaseOutcome::Withdrawn | CaseOutcome::Refused | CaseOutcome::Refunded)));
    ended && !case.inspected
}

fn open_for_sale(run: &mut Run<'_>, sale: Index) {
    // A parcel brings the goods already, ours or one that was sent before anything was agreed: the after-sale joins its case.
    let brings = |c: &Case| match c.subject {
        Subject::Parcel(p) => run.file.parcel(p).is_ours() || c.after_sale.is_none(),
        _ => false,
    };
    let under_way = run.file.cases.iter().rposition(|c| c.kind == CaseKind::ReturnParcel && c.closed.is_none() && brings(c));
    let own_parcel = run.file.after_sales[sale as usize].return_parcel;
    if let Some(case) = under_way.map(index).filter(|_| own_parcel.is_none()) {
        let parcel = run.case(case).parcel;
        run.case_mut(case).after_sale = Some(sale);
        run.file.after_sales[sale as usize].return_parcel = parcel;
        if let Some(parcel) = parcel {
            run.file.parcels[parcel as usize].after_sale.get_or_insert(sale);
        }
        return;
    }
    let case = run.open_case(CaseKind::ReturnParcel, Subject::AfterSale(sale), own_parcel);
    let opened = run.case_mut(case);
    opened.after_sale = Some(sale);
    opened.parcel = own_parcel;
}

/// The newest scan of a parcel: home again after a search, the goods are inspected again.
pub(super) fn scanned(run: &mut Run<'_>, parcel: Index, scan: &Scan) {
    let Some(case) = run.file.open_case_on(CaseKind::ReturnParcel, parcel) else { return };
    run.drop_task(case, TaskKind::ChaseReturn);
    run.drop_task(case, TaskKind::DecideReturnMissing);
    if !scan.is_exception(ExceptionReason::Lost) {
        run.drop_task(case, TaskKind::AskBuyerToChaseReturn);
    }
    if matches!(scan.status, TrackingStatus::Returned | TrackingStatus::Delivered)
        && run.case(case).decided == Some(TaskOutcome::NotArrived)
    {
        run.case_mut(case).decided = None;
    }
}

/// `return_home`, `return_movement`: where is it?
pub(super) fn chase(run: &mut Run<'_>, subject: Subject) {
    let Subject::Parcel(parcel) = subject else { return };
    let Some(case) = run.file.open_case_on(CaseKind::ReturnParcel, parcel) else { return };
    // At home and waiting to be inspected, it is not missing.
    if run.file.open_task(case, TaskKind::InspectReturn).is_none() && run.file.open_task(case, TaskKind::DecideReturnMissing).is_none() {
        run.ask(Ask::of(TaskKind::ChaseReturn, case).on(Some(parcel)));
    }
}

/// `return_home` breached.
pub(super) fn breached_home(run: &mut Run<'_>, subject: Subject) {
    let Subject::Parcel(parcel) = subject else { return };
    let Some(case) = run.file.open_case_on(CaseKind::ReturnParcel, parcel) else { return };
    if run.file.open_task(case, TaskKind::InspectReturn).is_none() {
        run.drop_task(case, TaskKind::ChaseReturn);
        run.ask(Ask::of(TaskKind::DecideReturnMissing, case).on(Some(parcel)));
    }
}

fn case_of_sale(run: &Run<'_>, sale: Index) -> Option<Index> {
    let of_sale = |c: &Case| c.subject == Subject::AfterSale(sale) || c.after_sale == Some(sale);
    run.file.cases.iter().rposition(|c| c.kind == CaseKind::ReturnParcel && c.closed.is_none() && of_sale(c)).map(index)
}

/// `return_waybill`: the buyer has not said by what parcel.
pub(super) fn rung_of_waybill(run: &mut Run<'_>, subject: Subject) {
    let Subject::AfterSale(sale) = subject else { return };
    if let Some(case) = case_of_sale(run, sale).filter(|_| !is_sent(run, sale)) {
        run.ask(Ask::of(TaskKind::AskReturnWaybill, case));
    }
}

/// `return_receipt`: settle what is home, extend or appeal what is not.
pub(super) fn rung_of_receipt(run: &mut Run<'_>, subject: Subject) {
    let Subject::AfterSale(sale) = subject else { return };
    let exists = case_of_sale(run, sale);
    if exists.is_none() && !run.file.after_sales[sale as usize].asks_refund() {
        return;
    }
    let case = exists.unwrap_or_else(|| {
        let parcel = run.file.after_sales[sale as usize].return_parcel;
        let case = run.open_case(CaseKind::ReturnParcel, subject, parcel);
        run.case_mut(case).after_sale = Some(sale);
        case
    });
    let home = is_home(run, case);
    let kind = if home { TaskKind::SettleReturn } else { TaskKind::ExtendOrAppealReturn };
    if home {
        run.drop_task(case, TaskKind::ExtendOrAppealReturn);
    }
    let advice = if home && run.case(case).inspected { advice_of(run, case) } else { None };
    run.ask(Ask::of(kind, case).advised(advice));
}

/// `return_receipt` breached: refunded without the goods.
pub(super) fn breached_receipt(run: &mut Run<'_>, subject: Subject) {
    let Subject::AfterSale(sale) = subject else { return };
    let case = case_of_sale(run, sale);
    let case = case.unwrap_or_else(|| run.open_case(CaseKind::ReturnParcel, subject, run.file.after_sales[sale as usize].return_parcel));
    run.case_mut(case).after_sale = Some(sale);
    run.ask(Ask::of(TaskKind::RecordAutoRefund, case));
}

fn is_home(run: &Run<'_>, case: Index) -> bool {
    let received = sale_of(run, case).is_some_and(|s| run.file.after_sales[s as usize].at(AfterSaleStatus::Received).is_some());
    received || run.case(case).parcel.is_some_and(|p| run.file.parcel(p).home_since().is_some())
}

/// Whether the buyer has sent the goods, or said by what parcel they come.
fn is_sent(run: &Run<'_>, sale: Index) -> bool {
    let state = &run.file.after_sales[sale as usize];
    state.return_parcel.is_some() || matches!(state.status(), Some(AfterSaleStatus::BuyerShipped | AfterSaleStatus::Received))
}

fn advice_of(run: &Run<'_>, case: Index) -> Option<Advice> {
    match run.case(case).decided {
        Some(TaskOutcome::AsExpected) => Some(Advice::AgreeRefund),
        Some(TaskOutcome::Damaged | TaskOutcome::Short | TaskOutcome::Empty | TaskOutcome::NotOurs) => Some(Advice::RefuseWithEvidence),
        _ => None,
    }
}

/// What was found in it, and what was heard of it.
pub(super) fn done(run: &mut Run<'_>, d: Done<'_>) {
    let parcel = run.case(d.case).parcel;
    match (d.kind, d.outcome) {
        (TaskKind::InspectReturn, TaskOutcome::NotArrived) => {
            run.case_mut(d.case).decided = Some(TaskOutcome::NotArrived);
            run.ask(Ask::of(TaskKind::ChaseReturn, d.case));
        }
        (TaskKind::InspectReturn, outcome) => inspected(run, &d, outcome),
        (TaskKind::ChaseReturn | TaskKind::DecideReturnMissing, TaskOutcome::Lost) => missing(run, &d),
        (TaskKind::DecideReturnMissing, _) => run.comes_back(d.kind, d.case, d.answers.until),
        (_, TaskOutcome::Got) => {
            let (Some(sale), Some(waybill)) = (sale_of(run, d.case), &d.answers.waybill) else { return };
            let back = run.register(waybill, Direction::Return, d.at);
            run.link_return(sale, back);
            if parcel.is_none() {
                run.case_mut(d.case).parcel = Some(back);
            }
        }
        (TaskKind::AskReturnWaybill | TaskKind::AskBuyerToChaseReturn, TaskOutcome::NoAnswer) if !run.file.tasks[d.task as usize].again => {
            let at = run.now + run.rules.again.return_silent;
            run.ask_again(d.kind, d.case, at);
        }
        (_, TaskOutcome::Extended) => {
            if let Some(sale) = sale_of(run, d.case) {
                let running = run.file.running(RuleKind::ReturnReceipt, Subject::AfterSale(sale));
                let due = running.map_or(run.now, |r| run.file.deadlines[r as usize].due_at);
                run.file.after_sales[sale as usize].extended_until = Some(d.answers.until.unwrap_or(due + run.rules.again.extension));
                run.moves += 1;
            }
        }
        (_, TaskOutcome::Appealed) => {
            let case = run.case_mut(d.case);
            case.appeal_filed_at = Some(d.at);
            case.appeal_answered_at = None;
        }
        // Moving, told, refunded, refused, rejected: the scan or the platform's fact is waited for.
        _ => {}
    }
}

fn inspected(run: &mut Run<'_>, d: &Done<'_>, outcome: TaskOutcome) {
    let parcel = run.case(d.case).parcel;
    if let Some(p) = parcel {
        run.file.parcels[p as usize].inspected_at = Some(d.at);
    }
    let state = run.case_mut(d.case);
    state.inspected = true;
    state.decided = Some(outcome);
    run.reconcile();
    let sale = sale_of(run, d.case).or_else(|| open_refund(run));
    let good = outcome == TaskOutcome::AsExpected;
    if sale.is_none() && !good && run.file.refunded_since().is_none() {
        // Nobody asked for the money yet; whoever does is to be refused with what was found.
        let advice = advice_of(run, d.case);
        run.ask(Ask::of(TaskKind::SettleReturn, d.case).advised(advice));
    }
    let Some(sale) = sale.filter(|s| !run.file.after_sales[*s as usize].is_over()) else { return };
    if run.case(d.case).after_sale.is_none() {
        run.case_mut(d.case).after_sale = Some(sale);
    }
    let refunds = run.file.after_sales[sale as usize].asks_refund();
    if good && !refunds {
        exchange::goods_home(run, sale);
        return;
    }
    let deadline = run.file.running(RuleKind::ReturnReceipt, Subject::AfterSale(sale));
    run.drop_task(d.case, TaskKind::ExtendOrAppealReturn);
    let advice = advice_of(run, d.case);
    run.ask(Ask::of(TaskKind::SettleReturn, d.case).due_with(deadline).advised(advice));
}

fn open_refund(run: &Run<'_>) -> Option<Index> {
    run.file.after_sales.iter().rposition(|s| s.asks_refund() && !s.is_over()).map(index)
}

/// Lost on the way back: our parcel is claimed, the buyer looks for theirs.
fn missing(run: &mut Run<'_>, d: &Done<'_>) {
    let Some(parcel) = run.case(d.case).parcel else { return };
    if d.kind == TaskKind::DecideReturnMissing && !run.file.parcel(parcel).is_ours() {
        let newest = run.file.parcel(parcel).newest().map_or(d.at, |s| s.at);
        run.file.parcels[parcel as usize].lost_at = Some(newest.max(d.at));
        run.reconcile();
        claim::request(run, parcel, "lost");
        return;
    }
    lost::told(run, parcel, d.at);
}

/// The buyer's own return parcel is lost: they ask their courier. `false` where nobody waits for it.
pub(super) fn buyers_parcel_lost(run: &mut Run<'_>, parcel: Index) -> bool {
    let Some(case) = run.file.open_case_on(CaseKind::ReturnParcel, parcel) else { return false };
    run.drop_task(case, TaskKind::ChaseReturn);
    run.ask(Ask::of(TaskKind::AskBuyerToChaseReturn, case).in_own_hours());
    true
}

/// Inspects what is home; closes what is inspected and settled, or will not come.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let sale = sale_of(run, case);
    let parcel = run.case(case).parcel;
    // What a person saw coming back may not show in the scans yet: only a later one says otherwise.
    if let Some(p) = parcel.filter(|_| !run.file.is_as_reported(case)) {
        let ours = run.file.parcel(p).is_ours();
        match run.file.parcel(p).phase() {
            Phase::Delivered | Phase::Moving | Phase::OutForDelivery | Phase::Waiting
                if ours && run.case(case).subject != Subject::Parcel(p) =>
            {
                // It went on to the buyer after all: the return that was agreed waits for goods again.
                run.unlink_return(p);
            }
            Phase::Delivered if ours => return run.close_case(case, CaseOutcome::Delivered),
            Phase::Moving | Phase::OutForDelivery | Phase::Waiting if ours => return run.close_case(case, CaseOutcome::Recovered),
            // The courier pays for it; nobody else waits for these goods.
            Phase::Lost if ours || sale.is_none() => return run.close_case(case, CaseOutcome::Lost),
            _ => {}
        }
    }
    if sale.is_some_and(|s| is_sent(run, s)) {
        run.drop_task(case, TaskKind::AskReturnWaybill);
    }
    if is_home(run, case) {
        let outbound = |p: &Index| run.file.turned_into(*p).unwrap_or(run.file.parcel(*p)).direction == Direction::Outbound;
        arrived(run, case, parcel.filter(outbound));
    }
    let Some(outcome) = end(run, case, sale) else { return };
    run.close_case(case, outcome);
}

/// The goods are home: inspect them, and, where nobody asked for the money, ask the buyer what they want.
fn arrived(run: &mut Run<'_>, case: Index, outbound: Option<Index>) {
    let state = run.case(case);
    if !state.inspected && state.decided != Some(TaskOutcome::NotArrived) {
        for kind in [TaskKind::ChaseReturn, TaskKind::DecideReturnMissing, TaskKind::AskBuyerToChaseReturn] {
            run.drop_task(case, kind);
        }
        if run.file.open_task(case, TaskKind::InspectReturn).is_none() {
            run.ask(Ask::of(TaskKind::InspectReturn, case).in_own_hours());
        }
    }
    let Some(parcel) = outbound else { return };
    if run.case(case).chased || run.file.is_called_off() || is_refund_in_sight(run) {
        return;
    }
    run.case_mut(case).chased = true;
    if out_of_range::waits_to_reship(run, parcel) {
        serve::reship(run, case);
        return;
    }
    match run.file.buyer_wants() {
        Some(BuyerWants::Reship) => serve::reship(run, case),
        Some(BuyerWants::Refund) => serve::refund(run, case),
        _ => {
            run.ask(Ask::of(TaskKind::AskBuyerReshipOrRefund, case).in_own_hours());
        }
    }
}

/// Whether the money was asked back or given back, or a new parcel is on its way already.
fn is_refund_in_sight(run: &Run<'_>) -> bool {
    use AfterSaleStatus as S;
    // A part of the money is a compensation: the goods' own fate is still to be settled.
    let whole = |s: &&AfterSale| s.asks_refund() && run.file.is_whole(s);
    let asked = run.file.after_sales.iter().filter(whole).any(|s| !matches!(s.status(), Some(S::Rejected | S::Cancelled | S::Closed)));
    asked || run.file.parcels.iter().any(|p| p.direction == Direction::Reship)
}

/// Whether somebody settled what no after-sale asks for.
fn was_settled(run: &Run<'_>, case: Index) -> bool {
    let settled = |t: &Task| matches!(t.state, TaskState::Closed(TaskOutcome::Refunded | TaskOutcome::Refused));
    run.file.tasks.iter().any(|t| t.case == Some(case) && t.kind == TaskKind::SettleReturn && settled(t))
}

/// How the case ends, where it does.
fn end(run: &Run<'_>, case: Index, sale: Option<Index>) -> Option<CaseOutcome> {
    let state = run.case(case);
    let open = |kind: TaskKind| run.file.open_task(case, kind).is_some();
    let appealed = state.appeal_filed_at.is_some() && state.appeal_answered_at.is_none();
    if open(TaskKind::RecordAutoRefund) || open(TaskKind::AppealAutoRefund) || open(TaskKind::ConfirmMoneyBack) || appealed {
        return None;
    }
    let pending = (state.serve.is_some() && state.served.is_none()) || open(TaskKind::AskBuyerReshipOrRefund) || open(TaskKind::ReviewCase);
    let asked_again =
        run.file.timers.iter().any(|t| t.case == Some(case) && t.kind == TimerKind::AskAgain(TaskKind::AskBuyerReshipOrRefund));
    let status = sale.and_then(|s| run.file.after_sales[s as usize].status());
    let over = sale.is_none_or(|s| run.file.after_sales[s as usize].is_over());
    let refunds = sale.is_some_and(|s| run.file.after_sales[s as usize].asks_refund());
    if state.inspected {
        let good = state.decided == Some(TaskOutcome::AsExpected);
        return match status {
            _ if pending || asked_again => None,
            Some(AfterSaleStatus::Refunded) => Some(if good { CaseOutcome::Returned } else { CaseOutcome::Refunded }),
            Some(AfterSaleStatus::Rejected) => Some(CaseOutcome::Refused),
            Some(AfterSaleStatus::Cancelled | AfterSaleStatus::Closed) => Some(CaseOutcome::Returned),
            // An exchange goes on in its own case.
            Some(_) if !refunds && good => Some(CaseOutcome::Returned),
            Some(_) => None,
            None if open(TaskKind::SettleReturn) => None,
            None if good || state.served.is_some() || was_settled(run, case) => Some(state.served.unwrap_or(CaseOutcome::Returned)),
            None => None,
        };
    }
    if !over || sale.is_none() {
        return None;
    }
    // The after-sale ended: nothing more comes unless a parcel is under way or here.
    let coming = state.parcel.is_some_and(|p| run.file.parcel(p).is_scanned() && run.file.parcel(p).lost_since().is_none());
    let here = is_home(run, case);
    if coming || here {
        return None;
    }
    Some(match status {
        Some(AfterSaleStatus::Refunded) => CaseOutcome::Refunded,
        Some(AfterSaleStatus::Rejected) => CaseOutcome::Refused,
        _ => CaseOutcome::Withdrawn,
    })
}
