//! What merchants have, read into facts: order, shipment and after-sale exports of a platform's back office (CSV, XLSX) under mappings
//! that an operator can edit, and JSON Lines of facts. Also the sample shop, and facts told by a person on the command line.
//!
//! Everything ends as the JSON text of one CloudEvents fact ([`FactLine`]) that `parcelward_casework::parse::parse_fact` accepts. Deliberately
//! absent: the store, HTTP, and the question whether a fact was seen before (its source and id answer that: see [`identity`]).
#![forbid(unsafe_code)]

mod address;
mod cell;
mod compile;
mod convert;
mod csv_rows;
mod encoding;
pub mod error;
mod headers;
pub mod identity;
mod importer;
mod json_lines;
mod mapping;
pub mod record;
mod rejects;
mod report;
mod rows;
pub mod samples;
mod template;
mod toml_walk;
mod xlsx_guard;
mod xlsx_rows;

pub use compile::mapping_keys;
pub use error::{ImportError, Problem};
pub use importer::{Importer, Landing, Limits, Options};
pub use rejects::{RejectedRow, RejectsFile};
pub use report::{FactLine, Report, RowProblem};

/// The mappings that are shipped in `config/imports`, as (name, TOML): what [`Importer::load`] takes.
pub const SHIPPED_MAPPINGS: &[(&str, &str)] = &[
    ("imports/pinduoduo.toml", include_str!("../../../config/imports/pinduoduo.toml")),
    ("imports/taobao.toml", include_str!("../../../config/imports/taobao.toml")),
    ("imports/jd.toml", include_str!("../../../config/imports/jd.toml")),
];
