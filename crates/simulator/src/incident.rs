//! What a courier's staff work on: urges, claims, work orders; and what they answer, after how long.

use crate::life::Life;
use crate::parcel::scaled;
use parcelward_casework::instant::{Instant, Length};
use parcelward_casework::words::Courier;

/// What was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncidentKind {
    Urge,
    ClaimLost,
    ClaimDamaged,
    ClaimShort,
    PhoneChange,
    WorkOrder,
}

impl IncidentKind {
    const fn is_claim(self) -> bool {
        matches!(self, IncidentKind::ClaimLost | IncidentKind::ClaimDamaged | IncidentKind::ClaimShort)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) courier: Courier,
    pub(crate) number: String,
    pub(crate) kind: IncidentKind,
    pub(crate) amount: String,
    pub(crate) at: Instant,
}

/// How far the staff have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncidentState {
    Created,
    Processing,
    Finished,
}

impl Incident {
    /// How it stands by then, and what was said, with the time of it.
    pub(crate) fn standing(&self, now: Instant, hour: Length, life: Life, delivered: bool) -> (IncidentState, Vec<(Instant, String)>) {
        // A claim takes three days, everything else half a day.
        let (looked_at, ends_at) = (self.at + scaled(2.0, hour), self.at + scaled(if self.kind.is_claim() { 72.0 } else { 12.0 }, hour));
        let mut said = Vec::new();
        if now >= looked_at {
            said.push((looked_at, "已受理，正在核实".to_owned()));
        }
        if now >= ends_at {
            said.push((ends_at, self.end(life, delivered)));
        }
        let state = match said.len() {
            0 => IncidentState::Created,
            1 => IncidentState::Processing,
            _ => IncidentState::Finished,
        };
        (state, said)
    }

    fn end(&self, life: Life, delivered: bool) -> String {
        use IncidentKind as K;
        match (self.kind, life) {
            (K::Urge, Life::Lost) => "催件：未查到该件去向".to_owned(),
            (K::Urge, _) => "已催促网点尽快派送".to_owned(),
            (K::ClaimLost, _) if delivered => "快件已签收，不予赔付".to_owned(),
            (K::ClaimLost, Life::Lost) => format!("经核实快件遗失，同意赔付{}元", self.amount),
            (K::ClaimLost, _) => "快件在途，不予赔付".to_owned(),
            (K::ClaimDamaged | K::ClaimShort, Life::Damaged) => format!("经核实快件破损，同意赔付{}元", self.amount),
            (K::ClaimDamaged | K::ClaimShort, _) => "未发现破损，不予赔付".to_owned(),
            (K::PhoneChange, _) => "电话已修改".to_owned(),
            (K::WorkOrder, _) => "已处理完毕".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_answered_after_days() {
        let at = Instant::from_millis(1_773_100_800_000);
        let claim = Incident { courier: Courier::Zto, number: "1".into(), kind: IncidentKind::ClaimLost, amount: "59.90".into(), at };
        let after = |hours: i64, life, delivered| claim.standing(at + Length::hours(hours), Length::hours(1), life, delivered);
        assert_eq!(after(1, Life::Lost, false), (IncidentState::Created, Vec::new()));
        assert_eq!(after(71, Life::Lost, false).0, IncidentState::Processing);
        let (state, said) = after(72, Life::Lost, false);
        assert_eq!(state, IncidentState::Finished);
        assert_eq!(said[1].1, "经核实快件遗失，同意赔付59.90元");
        assert_eq!(after(72, Life::Lost, true).1[1].1, "快件已签收，不予赔付");
        assert_eq!(after(72, Life::Ordinary, false).1[1].1, "快件在途，不予赔付");
    }
}
