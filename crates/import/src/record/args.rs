//! The arguments, as clap reads them. Doc comments here are the command's help.

use super::values::{OrderRef, WaybillRef};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Subcommand};
use parcelward_casework::words::{
    BuyerAsk, BuyerWants, CaseKind, ClaimStatus, Courier, DisputeStatus, DisruptionEffect, EvidenceKind, ExceptionReason, Platform,
    Promise, Ruling, SeenBy, TrackingStatus,
};

/// Words of a closed list, with the list in the help and a suggestion for a typing error.
macro_rules! word {
    ($t:ty) => {
        PossibleValuesParser::new(<$t>::WORDS).try_map(|word| word.parse::<$t>())
    };
}

/// Tell Parcelward a fact. Times without an offset are Beijing time: 2026-03-10 08:00, 08:30 (today), +2h, -30m.
#[derive(Debug, Clone, Args)]
pub struct RecordArgs {
    /// What is told.
    #[command(subcommand)]
    pub what: Record,
    /// When it happened; now where left out.
    #[arg(long, global = true, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Who tells it; the signed-in user where left out.
    #[arg(long, global = true, value_name = "USER")]
    pub by: Option<String>,
}

/// The kinds of facts that a person tells.
#[derive(Debug, Clone, Subcommand)]
pub enum Record {
    /// A buyer asks for something: an address change, a cancellation, an answer.
    BuyerRequest(BuyerRequestArgs),
    /// We promised a buyer something, kept it, or took it back.
    Promise(PromiseArgs),
    /// Evidence was kept: a photo, a screenshot, a proof.
    Evidence(EvidenceArgs),
    /// A platform dispute moved.
    Dispute(DisputeArgs),
    /// A parcel was seen: what a courier would have scanned, told by hand.
    Scan(ScanArgs),
    /// A claim against a courier moved.
    Claim(ClaimArgs),
    /// A note for the next shift, with a reminder if wanted.
    Note(NoteArgs),
    /// Open a case by hand.
    Report(ReportArgs),
    /// Times are not normal: a storm, a holiday, a platform's notice.
    Disruption(DisruptionArgs),
    /// A courier does not reach an area, or reaches it again.
    Coverage(CoverageArgs),
}

/// The order that a fact is about.
#[derive(Debug, Clone, Args)]
pub struct OrderArg {
    /// The order: pinduoduo/shop1/260309-123456789.
    #[arg(value_name = "PLATFORM/SHOP/ORDER")]
    pub order: OrderRef,
}

/// `record buyer-request`.
#[derive(Debug, Clone, Args)]
pub struct BuyerRequestArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// What the buyer asks.
    #[arg(value_name = "REQUEST", value_parser = word!(BuyerAsk))]
    pub request: BuyerAsk,
    /// Which parcel.
    #[arg(long, value_name = "COURIER:NUMBER")]
    pub waybill: Option<WaybillRef>,
    /// The buyer's words.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// The buyer presses.
    #[arg(long)]
    pub urgent: bool,
    /// What the buyer would rather have.
    #[arg(long, value_name = "WISH", value_parser = word!(BuyerWants))]
    pub wants: Option<BuyerWants>,
    /// The new address in one text: 湖北省武汉市洪山区珞喻路1号.
    #[arg(long, value_name = "ADDRESS")]
    pub new_address: Option<String>,
    /// The new recipient's name.
    #[arg(long, value_name = "NAME")]
    pub new_name: Option<String>,
    /// The new phone.
    #[arg(long, value_name = "PHONE")]
    pub new_phone: Option<String>,
}

/// `record promise`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("end").args(["kept", "withdrawn"]).requires("id"))]
pub struct PromiseArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// What was promised.
    #[arg(value_name = "PROMISE", value_parser = word!(Promise))]
    pub promise: Promise,
    /// By when; left out: a reply by the next 10:00, a reship in 24 h, anything else in 48 h.
    #[arg(long, value_name = "TIME")]
    pub due: Option<String>,
    /// In what words.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// The parcel that keeps it.
    #[arg(long, value_name = "COURIER:NUMBER")]
    pub waybill: Option<WaybillRef>,
    /// The promise's id, as it was shown when it was made; left out: a new one.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// It was kept (needs --id).
    #[arg(long)]
    pub kept: bool,
    /// It was taken back (needs --id).
    #[arg(long)]
    pub withdrawn: bool,
}

/// `record evidence`.
#[derive(Debug, Clone, Args)]
pub struct EvidenceArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// What it shows.
    #[arg(value_name = "KIND", value_parser = word!(EvidenceKind))]
    pub kind: EvidenceKind,
    /// Where it is kept: a path or an address.
    #[arg(value_name = "URI")]
    pub uri: String,
    /// Of which parcel.
    #[arg(long, value_name = "COURIER:NUMBER")]
    pub waybill: Option<WaybillRef>,
    /// The file's SHA-256, in hexadecimal.
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// A remark.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Its id; left out: a new one.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
}

/// `record dispute`.
#[derive(Debug, Clone, Args)]
pub struct DisputeArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// The dispute's number on the platform.
    #[arg(value_name = "DISPUTE")]
    pub dispute_id: String,
    /// Where it stands now.
    #[arg(value_name = "STATUS", value_parser = word!(DisputeStatus))]
    pub status: DisputeStatus,
    /// The after-sale it is about.
    #[arg(long, value_name = "ID")]
    pub after_sale: Option<String>,
    /// The platform's limit for evidence.
    #[arg(long, value_name = "TIME")]
    pub evidence_by: Option<String>,
    /// For whom it was ruled (with ruled or appeal_ruled).
    #[arg(long, value_name = "SIDE", value_parser = word!(Ruling))]
    pub ruling: Option<Ruling>,
    /// The platform's limit for an appeal.
    #[arg(long, value_name = "TIME")]
    pub appeal_by: Option<String>,
    /// What it is about.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Yuan at stake.
    #[arg(long, value_name = "YUAN")]
    pub amount: Option<String>,
}

/// `record scan`.
#[derive(Debug, Clone, Args)]
pub struct ScanArgs {
    /// The parcel.
    #[arg(value_name = "COURIER:NUMBER")]
    pub waybill: WaybillRef,
    /// What happened.
    #[arg(value_name = "STATUS", value_parser = word!(TrackingStatus))]
    pub status: TrackingStatus,
    /// Why (with exception).
    #[arg(long, value_name = "REASON", value_parser = word!(ExceptionReason), required_if_eq("status", "exception"))]
    pub reason: Option<ExceptionReason>,
    /// Where.
    #[arg(long, value_name = "PLACE")]
    pub place: Option<String>,
    /// The courier's words.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// When it should arrive.
    #[arg(long, value_name = "TIME")]
    pub arrives: Option<String>,
    /// Who saw it.
    #[arg(long, value_name = "WHO", value_parser = word!(SeenBy))]
    pub seen_by: Option<SeenBy>,
}

/// `record claim`.
#[derive(Debug, Clone, Args)]
pub struct ClaimArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// The parcel.
    #[arg(value_name = "COURIER:NUMBER")]
    pub waybill: WaybillRef,
    /// Where it stands now.
    #[arg(value_name = "STATUS", value_parser = word!(ClaimStatus))]
    pub status: ClaimStatus,
    /// The courier's number of it; left out: one made from the waybill, the same for all news of this parcel.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Yuan.
    #[arg(long, value_name = "YUAN")]
    pub amount: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `record note`.
#[derive(Debug, Clone, Args)]
pub struct NoteArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// The note.
    #[arg(value_name = "TEXT")]
    pub text: String,
    /// The case it belongs to.
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// Open a follow-up task then.
    #[arg(long, value_name = "TIME")]
    pub remind: Option<String>,
}

/// `record report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The order.
    #[command(flatten)]
    pub order: OrderArg,
    /// The case to open, as if its cause had come.
    #[arg(value_name = "CASE", value_parser = word!(CaseKind))]
    pub case: CaseKind,
    /// Which parcel.
    #[arg(long, value_name = "COURIER:NUMBER")]
    pub waybill: Option<WaybillRef>,
    /// In what words.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
}

/// `record disruption`. A list left out means all; lists are combined with *and*.
#[derive(Debug, Clone, Args)]
pub struct DisruptionArgs {
    /// What it does: waive (a breach does not count), suspend (the clock stands still), extend (due times move).
    #[arg(value_name = "EFFECT", value_parser = word!(DisruptionEffect))]
    pub effect: DisruptionEffect,
    /// From when.
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// Until when.
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// By how much (with extend): 24h, 2d.
    #[arg(long, value_name = "LENGTH", required_if_eq("effect", "extend"))]
    pub extend_by: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only these couriers (several with commas).
    #[arg(long, value_name = "COURIER", value_delimiter = ',', value_parser = word!(Courier))]
    pub courier: Vec<Courier>,
    /// Only these provinces of destination.
    #[arg(long, value_name = "PROVINCE", value_delimiter = ',')]
    pub province: Vec<String>,
    /// Only these cities of destination.
    #[arg(long, value_name = "CITY", value_delimiter = ',')]
    pub city: Vec<String>,
    /// Only parcels last seen at these places.
    #[arg(long, value_name = "PLACE", value_delimiter = ',')]
    pub site: Vec<String>,
    /// Only these platforms.
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = word!(Platform))]
    pub platform: Vec<Platform>,
    /// Only these shops.
    #[arg(long, value_name = "SHOP", value_delimiter = ',')]
    pub shop: Vec<String>,
    /// Only these rules (pdd.collect).
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub rule: Vec<String>,
    /// Its id: a second one of the same id replaces it; left out: a new one.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
}

/// `record coverage`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("reach").args(["serves", "no_reach"]).required(true))]
pub struct CoverageArgs {
    /// Which courier.
    #[arg(value_name = "COURIER", value_parser = word!(Courier))]
    pub courier: Courier,
    /// Which province.
    #[arg(value_name = "PROVINCE")]
    pub province: String,
    /// Only this city.
    #[arg(long, value_name = "CITY")]
    pub city: Option<String>,
    /// Only this district.
    #[arg(long, value_name = "DISTRICT", requires = "city")]
    pub district: Option<String>,
    /// It reaches the area again.
    #[arg(long)]
    pub serves: bool,
    /// It does not reach the area.
    #[arg(long)]
    pub no_reach: bool,
    /// Until when that holds.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// A remark.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}
