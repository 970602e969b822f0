//! The port for carriers: what an adapter is, what it may be able to do, how it is called and how its answers are named.
//!
//! One carrier is one crate in `plugins/`. It brings wire types, requests, answers and code tables; everything that every carrier
//! needs stands here once: [`Transport`] (one attempt), [`classify`] (was it sent?), [`signing`], [`TokenCache`], times without zone,
//! charsets, and the suite that holds every adapter to the same law (feature `conformance`).
//!
//! Deliberately absent: retries, queues and storage (the lanes'), deadlines and cases (casework's), and any one carrier.
#![forbid(unsafe_code)]

mod ability;
mod adapter;
mod answer;
mod call;
mod classify;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod exchange;
mod gate;
pub mod json;
mod limits;
pub mod local_time;
pub mod mask;
mod perform;
mod plugin;
mod push;
mod request;
mod secret;
pub mod signing;
mod text;
mod token;
mod tracking;
mod transport;

pub use ability::{Abilities, Ability};
pub use adapter::{
    AddressChange, Claims, CourierAdapter, InterceptCancel, InterceptState, InterceptToAddress, InterceptToOutlet, InterceptToSender,
    LookUp, PhoneChange, Proof, PushIn, Subscription, Urge, WorkOrders,
};
pub use answer::{Accepted, ClaimProgress, Looked, Picture, Progress, ProofAnswer, Reply as CourierReply, RequestState};
pub use call::Call;
pub use classify::{Outcome, Purpose, Rejecting, classify};
pub use error::{CourierError, NotSentReason, Refusal, RefusalKind, UnclearReason};
pub use exchange::{Exchange, ExchangeEnd};
pub use gate::{Gate, Permit};
pub use limits::{Limits, LimitsSettings};
pub use perform::{offers, perform};
pub use plugin::{Account, Built, Plugin, SettingProblem};
pub use push::{Acknowledgement, Fields, PushProblem, PushReceipt, PushRequest, Pushed, PushedItem, Verification, verify};
pub use request::{
    AddressChangeRequest, ClaimCause, ClaimRequest, ClientReference, Identity, InterceptRequest, LookUpQuery, Payer, PhoneChangeRequest,
    PhoneTail, ProofKind, ProofQuery, SubscribeQuery, Ticket, UrgeRequest, WorkOrderKind, WorkOrderRequest, needed,
};
pub use secret::{ProcessSecrets, SecretReference, SecretSource, UnreadableSecret};
pub use text::{decode_text, form_encode, form_fields};
pub use token::{Token, TokenCache};
pub use tracking::{History, ParcelReport, Tracked, TrackingEvent, TrackingQuery, TrackingReport, only};
pub use transport::{Body, Outgoing, Reply, Transport, TransportSettings, TransportSetupError};

pub use parcelward_casework::fact::{Address, TrackingFact, Waybill};
pub use parcelward_casework::instant::Instant;
pub use parcelward_casework::money::Money;
pub use parcelward_casework::words::{Courier, ExceptionReason, OperationKind, SeenBy, TrackingStatus};
pub use secrecy::{ExposeSecret, SecretString};
