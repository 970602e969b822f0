//! `exchange`: the buyer gets other goods, or once more the same.

use super::{repair, serve};
use crate::casefile::*;
use crate::look::index;
use crate::parcel::Phase;
use crate::run::{Ask, Run};
use crate::words::*;

/// The kind of case that an agreed after-sale opens, if it is one that sends goods.
const fn case_of(kind: AfterSaleKind) -> Option<CaseKind> {
    match kind {
        AfterSaleKind::Exchange | AfterSaleKind::Reship => Some(CaseKind::Exchange),
        AfterSaleKind::Repair => Some(CaseKind::Repair),
        AfterSaleKind::RefundOnly | AfterSaleKind::ReturnRefund => None,
    }
}

/// Opens a case (`exchange` or `repair`) for every such after-sale that was agreed.
pub(super) fn open(run: &mut Run<'_>) {
    for sale in 0..run.file.after_sales.len() {
        let (sale, state) = (index(sale), &run.file.after_sales[sale]);
        let agreed = matches!(state.status(), Some(AfterSaleStatus::Agreed | AfterSaleStatus::BuyerShipped | AfterSaleStatus::Received));
        let Some(kind) = case_of(state.kind).filter(|_| agreed) else { continue };
        let subject = Subject::AfterSale(sale);
        // One that was called off is a new cause when it is agreed to again.
        let called_off = |c: &Case| matches!(c.closed, Some((_, CaseOutcome::Withdrawn | CaseOutcome::Refused)));
        if run.file.cases.iter().any(|c| c.kind == kind && c.subject == subject && !called_off(c)) {
            continue;
        }
        let reason = state.reason.clone();
        let case = run.open_case(kind, subject, None);
        let opened = run.case_mut(case);
        opened.after_sale = Some(sale);
        opened.words = reason;
        if run.file.after_sales[sale as usize].kind == AfterSaleKind::Reship {
            serve::reship(run, case);
        }
    }
}

/// The goods of an after-sale are home as expected: what goes out is sent.
pub(super) fn goods_home(run: &mut Run<'_>, sale: Index) {
    let subject = Subject::AfterSale(sale);
    if let Some(case) = run.file.open_case(CaseKind::Exchange, subject) {
        run.case_mut(case).serve = Some(Serve::Reship);
        run.ask(Ask::of(TaskKind::SendReplacement, case).in_own_hours());
    } else if let Some(case) = run.file.open_case(CaseKind::Repair, subject) {
        repair::goods_home(run, case);
    }
}

/// Waits for the goods; closes when its parcel is delivered, or the money went back instead.
pub(super) fn react(run: &mut Run<'_>, case: Index) {
    let Subject::AfterSale(sale) = run.case(case).subject else { return };
    let home = run.file.cases.iter().rposition(|c| {
        c.kind == CaseKind::ReturnParcel && c.closed.is_none() && (c.subject == Subject::AfterSale(sale) || c.after_sale == Some(sale))
    });
    if run.case(case).waits_for != home.map(index) {
        run.case_mut(case).waits_for = home.map(index);
    }
    let sent = run.case(case).reship.map(|p| run.file.parcel(p).phase());
    let status = run.file.after_sales[sale as usize].status();
    let served = run.case(case).served;
    if sent == Some(Phase::Delivered) {
        run.close_case(case, CaseOutcome::Delivered);
    } else if status == Some(AfterSaleStatus::Refunded) || served == Some(CaseOutcome::Refunded) {
        run.close_case(case, CaseOutcome::Refunded);
    } else if status == Some(AfterSaleStatus::Rejected) {
        run.close_case(case, CaseOutcome::Refused);
    } else if status == Some(AfterSaleStatus::Cancelled) || (status == Some(AfterSaleStatus::Closed) && run.case(case).serve.is_none()) {
        run.close_case(case, CaseOutcome::Withdrawn);
    }
}
