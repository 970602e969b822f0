//! A compiled mapping: which file it is, how each column is read, and which facts a row makes.

use crate::convert::Conversion;
use crate::template::{Expression, Template};
use parcelward_casework::words::{FactType, Platform};

/// One kind of file (`orders` of Pinduoduo).
#[derive(Debug, Clone)]
pub(crate) struct FileKind {
    /// `pinduoduo.orders`: the platform and the key under `file`.
    pub(crate) name: String,
    pub(crate) platform: Platform,
    /// Taken only where it is asked for by name: its exports look like another platform's.
    pub(crate) only_named: bool,
    /// The headers that must all be there, each with its spellings, and such as must not.
    pub(crate) recognise: Vec<Spellings>,
    pub(crate) not: Vec<Spellings>,
    pub(crate) columns: Vec<Column>,
    /// Rows for which one of these holds are left out.
    pub(crate) skip: Vec<Condition>,
    pub(crate) facts: Vec<FactRule>,
    /// Cell texts that stand for nothing (`--`).
    pub(crate) empty: Vec<String>,
    /// The column that names the shop.
    pub(crate) shop: Option<usize>,
}

/// The spellings of one header, folded (`a | b` in the mapping).
#[derive(Debug, Clone)]
pub(crate) struct Spellings(pub(crate) Vec<String>);

impl Spellings {
    pub(crate) fn stand_in(&self, folded: &[String]) -> bool {
        self.0.iter().any(|header| folded.contains(header))
    }
}

impl std::fmt::Display for Spellings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" or "))
    }
}

/// One column that a mapping reads.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its header as written in the mapping, the first spelling first.
    pub(crate) headers: Vec<String>,
    pub(crate) conversion: Conversion,
    /// Whether the column must be there (whether a cell must be filled is the facts' own matter).
    pub(crate) required: bool,
}

/// A column holds one of some words.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) column: usize,
    pub(crate) any_of: Vec<String>,
}

/// One fact that a row makes.
#[derive(Debug, Clone)]
pub(crate) struct FactRule {
    pub(crate) fact_type: FactType,
    /// Made only where all of these cells are filled.
    pub(crate) needs: Vec<usize>,
    /// Made only where all of these cells are empty.
    pub(crate) lacks: Vec<usize>,
    /// Made only where all of these hold.
    pub(crate) when: Vec<Condition>,
    /// When it happened: the first filled cell.
    pub(crate) time: Expression,
    /// What it is about: with type and content it makes the id.
    pub(crate) key: Vec<Expression>,
    pub(crate) data: Vec<(String, Template)>,
}

/// The fields that `data` of a fact type knows: a typing error in a mapping would otherwise vanish without a word.
pub(crate) fn known_fields(fact_type: FactType) -> &'static [&'static str] {
    use FactType as T;
    match fact_type {
        T::Order => {
            &["order_id", "paid_at", "status", "ship_by", "amount", "items", "recipient", "planned_courier", "buyer_id", "tags", "remark"]
        }
        T::Shipment => &[
            "order_id",
            "waybill",
            "declared_at",
            "direction",
            "electronic_waybill",
            "origin",
            "destination",
            "insured_value",
            "freight",
            "estimated_delivery_at",
            "replaces",
        ],
        T::Tracking => &["waybill", "status", "place", "description", "code", "reason", "estimated_delivery_at", "seen_by"],
        T::AfterSale => &[
            "order_id",
            "after_sale_id",
            "kind",
            "status",
            "decided_by",
            "reason",
            "description",
            "amount",
            "respond_by",
            "return_waybill",
        ],
        T::BuyerRequest => &["order_id", "request", "waybill", "new_address", "text", "urgent", "wants"],
        T::Dispute => &["order_id", "dispute_id", "status", "after_sale_id", "evidence_by", "ruling", "appeal_by", "reason", "amount"],
        T::Commitment => &["order_id", "commitment_id", "promise", "status", "due_at", "text", "waybill"],
        T::Claim => &["order_id", "waybill", "claim_id", "status", "amount", "reason", "by"],
        T::Evidence => &["order_id", "evidence_id", "kind", "uri", "waybill", "sha256", "note"],
        T::Message => &["order_id", "from", "text", "channel", "waybill"],
        T::Note => &["order_id", "text", "by", "case_id", "remind_at"],
        T::Report => &["order_id", "case", "waybill", "text", "by"],
        T::Coverage => &["courier", "province", "serves", "city", "district", "until", "note"],
        T::OperationUpdate | T::TaskUpdate | T::Disruption | T::Configuration => &[],
    }
}

/// Whether facts of this type name their order (and so get `platform` and `shop` by themselves).
pub(crate) const fn names_order(fact_type: FactType) -> bool {
    !matches!(
        fact_type,
        FactType::Tracking
            | FactType::Coverage
            | FactType::OperationUpdate
            | FactType::TaskUpdate
            | FactType::Disruption
            | FactType::Configuration
    )
}
