//! What a courier can be asked, in our words. `Debug` of everything personal is masked.

use crate::error::CourierError;
use parcelward_casework::fact::{Address, Waybill};
use parcelward_casework::money::Money;
use parcelward_casework::words::{Courier, OperationKind};

/// Which account of which adapter serves which courier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The adapter's code: the courier's own (`zto`), or an aggregator's (`kuaidi100`).
    pub adapter: &'static str,
    /// The courier whose waybills it serves. An aggregator is one adapter a courier.
    pub courier: Courier,
    /// The account's name in the configuration.
    pub account: String,
}

impl Identity {
    /// Whether the courier itself is asked.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.adapter == self.courier.word()
    }
}

/// Our own name for a request: the same for the same request, always, also after a restore. Letters, digits, `-` and `_`, at most 40.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientReference(String);

impl ClientReference {
    /// From an operation's idempotency key. `None` where it is empty, longer than 40, or holds other characters.
    #[must_use]
    pub fn new(key: &str) -> Option<Self> {
        let fits = !key.is_empty() && key.len() <= 40 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        fits.then(|| ClientReference(key.to_owned()))
    }

    /// The text that travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The last four digits of a phone: what couriers ask for before they show a history.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneTail(String);

impl PhoneTail {
    /// Of a phone; of a virtual number, the four behind the `-`. `None` where it has fewer than four digits.
    #[must_use]
    pub fn of(phone: &str) -> Option<Self> {
        let part = phone.rsplit(['-', '转']).find(|part| part.chars().filter(char::is_ascii_digit).count() >= 4)?;
        let digits: Vec<char> = part.chars().filter(char::is_ascii_digit).collect();
        Some(PhoneTail(digits[digits.len() - 4..].iter().collect()))
    }

    /// The four digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PhoneTail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneTail(****)")
    }
}

/// What stands in every request: which parcel, our name for the request, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// The parcel.
    pub waybill: Waybill,
    /// Our name for it.
    pub reference: ClientReference,
    /// Why, in the contract's words (`refunded`, `lost`).
    pub reason: Option<String>,
    /// The last four digits of the recipient's phone, where known.
    pub phone_tail: Option<PhoneTail>,
}

/// Who pays a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    /// The buyer.
    Buyer,
    /// The merchant.
    Merchant,
}

/// Turn the parcel round. Where to is said by the ability that is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct InterceptRequest {
    /// Which, and why.
    pub ticket: Ticket,
    /// Where it goes: needed for a given address; some couriers want it for the sender's too. Empty fields where unknown.
    pub destination: Address,
}

/// Send the parcel to another address.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressChangeRequest {
    /// Which, and why.
    pub ticket: Ticket,
    /// The new address, with the recipient's name and phone.
    pub address: Address,
    /// Who pays, where that was agreed.
    pub payer: Option<Payer>,
    /// The fee agreed, in yuan.
    pub fee: Option<Money>,
}

/// Call another number.
#[derive(Clone, PartialEq)]
pub struct PhoneChangeRequest {
    /// Which, and why.
    pub ticket: Ticket,
    /// The new phone.
    pub phone: String,
}

impl std::fmt::Debug for PhoneChangeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneChangeRequest").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// Hurry.
#[derive(Debug, Clone, PartialEq)]
pub struct UrgeRequest {
    /// Which, and why.
    pub ticket: Ticket,
    /// In what words; without personal data.
    pub text: String,
}

/// What a claim is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimCause {
    /// The parcel is lost.
    Lost,
    /// Its contents are damaged.
    Damaged,
    /// Something of its contents is missing.
    Short,
}

impl ClaimCause {
    /// From the engine's word. What was signed for and never came to the buyer is lost; a claim without a known cause is none that a courier
    /// takes.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "lost" | "presumed_lost" | "not_received" => Some(ClaimCause::Lost),
            "damaged" => Some(ClaimCause::Damaged),
            "short" | "empty" => Some(ClaimCause::Short),
            _ => None,
        }
    }
}

/// Pay for a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRequest {
    /// Which, and why.
    pub ticket: Ticket,
    /// What happened.
    pub cause: ClaimCause,
    /// What is asked, in yuan.
    pub amount: Money,
    /// The drafted statement.
    pub statement: String,
}

/// What a work order is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkOrderKind {
    /// The courier itself is complained of.
    Complaint,
    /// Signed, and the buyer has not got it.
    SignedNotReceived,
    /// The weight that was billed is wrong.
    WeightDispute,
}

/// Open a work order.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkOrderRequest {
    /// Which, and why.
    pub ticket: Ticket,
    /// About what.
    pub kind: WorkOrderKind,
    /// In what words; without personal data.
    pub text: String,
}

/// An earlier request to ask about.
#[derive(Debug, Clone, PartialEq)]
pub struct LookUpQuery {
    /// The parcel.
    pub waybill: Waybill,
    /// What was asked.
    pub kind: OperationKind,
    /// Our name for it.
    pub reference: ClientReference,
    /// The courier's number of it, where its answer came through.
    pub courier_reference: Option<String>,
}

/// What a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProofKind {
    /// Who signed.
    Signature,
    /// The delivery (a photo at the door, a receipt).
    Delivery,
    /// Something wrong with the parcel.
    Exception,
    /// The weighing.
    Weight,
}

/// A proof picture to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct ProofQuery {
    /// The parcel.
    pub waybill: Waybill,
    /// What it shall show.
    pub kind: ProofKind,
    /// The last four digits of the recipient's phone, where known.
    pub phone_tail: Option<PhoneTail>,
}

/// A parcel whose scans shall be pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeQuery {
    /// The courier's number.
    pub number: String,
    /// The last four digits of the recipient's phone, where known.
    pub phone_tail: Option<PhoneTail>,
}

/// A field of an address that a courier needs.
///
/// # Errors
/// [`CourierError::NotSent`], incomplete, naming the field (`address.city`).
pub fn needed<'a>(value: Option<&'a String>, field: &str) -> Result<&'a str, CourierError> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty()).ok_or_else(|| CourierError::missing(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_phone_is_its_last_four_digits_or_the_extension() {
        for (phone, tail) in [
            ("13812345678", "5678"),
            ("18412345678-1234", "1234"),
            ("021-62345678", "5678"),
            ("400 820 8820转1122", "1122"),
            ("138-12", ""),
        ] {
            assert_eq!(PhoneTail::of(phone).as_ref().map_or("", PhoneTail::as_str), tail, "{phone}");
        }
        assert_eq!(format!("{:?}", PhoneTail::of("13812345678")), "Some(PhoneTail(****))");
    }

    #[test]
    fn a_reference_travels_in_any_field() {
        assert!(ClientReference::new("intercept-0123456789ab").is_some());
        for bad in ["", "a b", "中", &"x".repeat(41)] {
            assert!(ClientReference::new(bad).is_none(), "{bad}");
        }
    }
}
