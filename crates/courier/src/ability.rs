//! What an adapter can do, read off the adapter itself.

use crate::adapter::CourierAdapter;
use crate::request::WorkOrderKind;
use parcelward_casework::words::OperationKind;
use serde::Serialize;

/// Something that an adapter may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is the ability of its name, documented at the port")]
pub enum Ability {
    Tracking,
    InterceptToSender,
    InterceptToOutlet,
    InterceptToAddress,
    InterceptCancel,
    InterceptState,
    AddressChange,
    PhoneChange,
    Urge,
    Claim,
    WorkOrder,
    Complaint,
    Proof,
    Subscription,
    PushIn,
    LookUp,
}

impl Ability {
    /// Every ability, in the order in which tables show them.
    pub const ALL: [Ability; 16] = [
        Ability::Tracking,
        Ability::InterceptToSender,
        Ability::InterceptToOutlet,
        Ability::InterceptToAddress,
        Ability::InterceptCancel,
        Ability::InterceptState,
        Ability::AddressChange,
        Ability::PhoneChange,
        Ability::Urge,
        Ability::Claim,
        Ability::WorkOrder,
        Ability::Complaint,
        Ability::Proof,
        Ability::Subscription,
        Ability::PushIn,
        Ability::LookUp,
    ];

    /// Its name in routes and tables; durable.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Ability::Tracking => "tracking",
            Ability::InterceptToSender => "intercept_to_sender",
            Ability::InterceptToOutlet => "intercept_to_outlet",
            Ability::InterceptToAddress => "intercept_to_address",
            Ability::InterceptCancel => "intercept_cancel",
            Ability::InterceptState => "intercept_state",
            Ability::AddressChange => "address_change",
            Ability::PhoneChange => "phone_change",
            Ability::Urge => "urge",
            Ability::Claim => "claim",
            Ability::WorkOrder => "work_order",
            Ability::Complaint => "complaint",
            Ability::Proof => "proof",
            Ability::Subscription => "subscription",
            Ability::PushIn => "push_in",
            Ability::LookUp => "look_up",
        }
    }

    /// The ability of a name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ability| ability.word() == word)
    }

    /// The ability that an operation needs. An intercept goes to the sender.
    #[must_use]
    pub const fn of(kind: OperationKind) -> Self {
        match kind {
            OperationKind::Intercept => Ability::InterceptToSender,
            OperationKind::InterceptCancel => Ability::InterceptCancel,
            OperationKind::AddressChange => Ability::AddressChange,
            OperationKind::PhoneChange => Ability::PhoneChange,
            OperationKind::Urge => Ability::Urge,
            OperationKind::Claim => Ability::Claim,
            OperationKind::Complaint => Ability::Complaint,
        }
    }

    /// Whether an adapter has it.
    #[must_use]
    pub fn is_of(self, adapter: &dyn CourierAdapter) -> bool {
        match self {
            Ability::Tracking => true,
            Ability::InterceptToSender => adapter.intercept_to_sender().is_some(),
            Ability::InterceptToOutlet => adapter.intercept_to_outlet().is_some(),
            Ability::InterceptToAddress => adapter.intercept_to_address().is_some(),
            Ability::InterceptCancel => adapter.intercept_cancel().is_some(),
            Ability::InterceptState => adapter.intercept_state().is_some(),
            Ability::AddressChange => adapter.address_change().is_some(),
            Ability::PhoneChange => adapter.phone_change().is_some(),
            Ability::Urge => adapter.urge().is_some(),
            Ability::Claim => adapter.claims().is_some(),
            Ability::WorkOrder => adapter.work_orders().is_some(),
            Ability::Complaint => adapter.work_orders().is_some_and(|w| w.kinds().contains(&WorkOrderKind::Complaint)),
            Ability::Proof => adapter.proof().is_some(),
            Ability::Subscription => adapter.subscription().is_some(),
            Ability::PushIn => adapter.push_in().is_some(),
            Ability::LookUp => adapter.look_up().is_some(),
        }
    }
}

/// The abilities of one adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Abilities(Vec<Ability>);

impl Abilities {
    /// Reads them off.
    #[must_use]
    pub fn of(adapter: &dyn CourierAdapter) -> Self {
        Abilities(Ability::ALL.into_iter().filter(|ability| ability.is_of(adapter)).collect())
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        self.0.contains(&ability)
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Ability> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ability_has_one_durable_name() {
        for ability in Ability::ALL {
            assert_eq!(Ability::from_word(ability.word()), Some(ability));
            assert_eq!(serde_json::to_value(ability).unwrap(), ability.word());
        }
    }
}
