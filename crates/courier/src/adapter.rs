//! The port: a carrier's adapter, and what an adapter may be able to do.
//!
//! Tracking is what every adapter does. Everything else is an ability: a trait of its own, reached by a method that gives it or gives
//! nothing. An adapter that lacks one has no method for it, so it cannot claim what it cannot do, and the table of abilities is read
//! off (see [`Abilities`](crate::Abilities)).
//!
//! Every method makes at most one request that changes something, and says in its error whether that was sent.

use crate::answer::{Accepted, ClaimProgress, Looked, ProofAnswer};
use crate::call::Call;
use crate::error::CourierError;
use crate::limits::Limits;
use crate::push::{Acknowledgement, PushProblem, PushReceipt, PushRequest, Verification};
use crate::request::{
    AddressChangeRequest, ClaimRequest, Identity, InterceptRequest, LookUpQuery, PhoneChangeRequest, ProofKind, ProofQuery, SubscribeQuery,
    Ticket, UrgeRequest, WorkOrderKind, WorkOrderRequest,
};
use crate::tracking::{TrackingQuery, TrackingReport};
use crate::transport::Transport;
use async_trait::async_trait;
use parcelward_casework::fact::Waybill;
use parcelward_casework::words::OperationKind;
use std::fmt::Debug;
use std::time::Duration;

/// One account with one carrier (or with an aggregator, for one courier's parcels).
#[async_trait]
pub trait CourierAdapter: Debug + Send + Sync {
    /// Which adapter, which courier, which account.
    fn identity(&self) -> &Identity;

    /// What the courier allows the account.
    fn limits(&self) -> &Limits;

    /// The way out; its gate is the account's.
    fn transport(&self) -> &Transport;

    /// A number of the right shape that belongs to no parcel: asking about it is harmless and shows whether the account works.
    fn sample_number(&self) -> &'static str;

    /// Asks where parcels are, at most [`Limits::batch`] in one call. One outcome for each number, in their order.
    ///
    /// # Errors
    /// Where the whole call failed. A number that the courier refuses or does not know is an outcome.
    async fn track(&self, call: &Call, queries: &[TrackingQuery]) -> Result<TrackingReport, CourierError>;

    /// Turning a parcel round to its sender.
    fn intercept_to_sender(&self) -> Option<&dyn InterceptToSender> {
        None
    }
    /// Turning a parcel round to the outlet that collected it.
    fn intercept_to_outlet(&self) -> Option<&dyn InterceptToOutlet> {
        None
    }
    /// Turning a parcel round to a given address.
    fn intercept_to_address(&self) -> Option<&dyn InterceptToAddress> {
        None
    }
    /// Letting an intercepted parcel go on.
    fn intercept_cancel(&self) -> Option<&dyn InterceptCancel> {
        None
    }
    /// Asking how an intercept stands.
    fn intercept_state(&self) -> Option<&dyn InterceptState> {
        None
    }
    /// Sending a parcel to another address.
    fn address_change(&self) -> Option<&dyn AddressChange> {
        None
    }
    /// Giving another phone for a parcel.
    fn phone_change(&self) -> Option<&dyn PhoneChange> {
        None
    }
    /// Hurrying a parcel.
    fn urge(&self) -> Option<&dyn Urge> {
        None
    }
    /// Claiming for a loss.
    fn claims(&self) -> Option<&dyn Claims> {
        None
    }
    /// Work orders, complaints among them.
    fn work_orders(&self) -> Option<&dyn WorkOrders> {
        None
    }
    /// Proof pictures.
    fn proof(&self) -> Option<&dyn Proof> {
        None
    }
    /// Asking for scans to be pushed.
    fn subscription(&self) -> Option<&dyn Subscription> {
        None
    }
    /// Reading what the courier pushes.
    fn push_in(&self) -> Option<&dyn PushIn> {
        None
    }
    /// Finding an earlier request of which no clear answer came.
    fn look_up(&self) -> Option<&dyn LookUp> {
        None
    }
}

/// Turning a parcel round to its sender.
#[async_trait]
pub trait InterceptToSender: Send + Sync {
    /// Asks for it. Accepted is not stopped.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn turn_to_sender(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError>;
}

/// Turning a parcel round to the outlet that collected it.
#[async_trait]
pub trait InterceptToOutlet: Send + Sync {
    /// Asks for it. Accepted is not stopped.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn turn_to_outlet(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError>;
}

/// Turning a parcel round to a given address (the merchant's return warehouse).
#[async_trait]
pub trait InterceptToAddress: Send + Sync {
    /// Asks for it. Accepted is not stopped.
    ///
    /// # Errors
    /// See [`CourierError`]; not sent where a part of the address that this courier needs is missing.
    async fn turn_to_address(&self, call: &Call, request: &InterceptRequest) -> Result<Accepted, CourierError>;
}

/// Letting an intercepted parcel go on.
#[async_trait]
pub trait InterceptCancel: Send + Sync {
    /// Withdraws an intercept. `courier_reference` is the courier's number of it, where its answer gave one; `intercept` is our name
    /// for it (only who asked may withdraw).
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn cancel_intercept(
        &self,
        call: &Call,
        ticket: &Ticket,
        intercept: Option<&crate::ClientReference>,
        courier_reference: Option<&str>,
    ) -> Result<Accepted, CourierError>;
}

/// Asking how an intercept stands.
#[async_trait]
pub trait InterceptState: Send + Sync {
    /// Asks. `NotSeen` where the courier knows of none on the parcel.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn state_of_intercept(&self, call: &Call, waybill: &Waybill, courier_reference: Option<&str>) -> Result<Looked, CourierError>;
}

/// Sending a parcel to another address.
#[async_trait]
pub trait AddressChange: Send + Sync {
    /// Asks for it. Accepted is not changed.
    ///
    /// # Errors
    /// See [`CourierError`]; not sent where a part of the address that this courier needs is missing.
    async fn change_address(&self, call: &Call, request: &AddressChangeRequest) -> Result<Accepted, CourierError>;
}

/// Giving another phone for a parcel.
#[async_trait]
pub trait PhoneChange: Send + Sync {
    /// Asks for it.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn change_phone(&self, call: &Call, request: &PhoneChangeRequest) -> Result<Accepted, CourierError>;
}

/// Hurrying a parcel.
#[async_trait]
pub trait Urge: Send + Sync {
    /// Asks for it.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn hurry(&self, call: &Call, request: &UrgeRequest) -> Result<Accepted, CourierError>;
}

/// Claiming for a loss: filing, and asking how it stands.
#[async_trait]
pub trait Claims: Send + Sync {
    /// Files a claim. The reference in the answer is what [`Claims::claim_state`] asks with.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn file_claim(&self, call: &Call, request: &ClaimRequest) -> Result<Accepted, CourierError>;

    /// Asks how a claim stands.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn claim_state(&self, call: &Call, waybill: &Waybill, courier_reference: &str) -> Result<ClaimProgress, CourierError>;
}

/// Work orders, complaints among them.
#[async_trait]
pub trait WorkOrders: Send + Sync {
    /// Those that this courier takes.
    fn kinds(&self) -> &'static [WorkOrderKind];

    /// Opens one of [`WorkOrders::kinds`].
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn open_work_order(&self, call: &Call, request: &WorkOrderRequest) -> Result<Accepted, CourierError>;

    /// Asks how one stands.
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn work_order_state(&self, call: &Call, waybill: &Waybill, courier_reference: &str) -> Result<ClaimProgress, CourierError>;
}

/// Proof pictures.
#[async_trait]
pub trait Proof: Send + Sync {
    /// Those that this courier gives.
    fn kinds(&self) -> &'static [ProofKind];

    /// Asks for one of [`Proof::kinds`].
    ///
    /// # Errors
    /// See [`CourierError`].
    async fn pictures(&self, call: &Call, query: &ProofQuery) -> Result<ProofAnswer, CourierError>;
}

/// Asking for scans to be pushed. Where they go is set with the account.
#[async_trait]
pub trait Subscription: Send + Sync {
    /// Parcels in one call, at least 1.
    fn batch(&self) -> usize {
        1
    }

    /// Whether the courier answers questions about a parcel only once it was asked to tell of it.
    fn comes_first(&self) -> bool {
        false
    }

    /// Asks. One answer for each number, in their order; subscribed already is a yes.
    ///
    /// # Errors
    /// Where the whole call failed.
    async fn subscribe(&self, call: &Call, queries: &[SubscribeQuery]) -> Result<Vec<Result<(), CourierError>>, CourierError>;
}

/// Reading what the courier pushes. Pure: nothing is asked, nothing stored.
pub trait PushIn: Send + Sync {
    /// How a push shows that it is the courier's.
    fn verification(&self) -> Verification;

    /// Reads a push. The receipt's acknowledgement is given back only after its items are stored.
    ///
    /// # Errors
    /// Why it is not taken; nothing of it may be used. What to answer is [`PushIn::decline`].
    fn receive(&self, push: &PushRequest<'_>) -> Result<PushReceipt, PushProblem>;

    /// What to answer where a push is not taken, or could not be stored: the courier sends it again.
    fn decline(&self, problem: &PushProblem) -> Acknowledgement;
}

/// Finding an earlier request of which no clear answer came.
#[async_trait]
pub trait LookUp: Send + Sync {
    /// Which requests can be found, and after how long a request that was taken is sure to show.
    fn finds(&self, kind: OperationKind) -> Option<Duration>;

    /// Looks.
    ///
    /// # Errors
    /// See [`CourierError`]. Only [`Looked::NotSeen`], after the time that [`LookUp::finds`] gives, says that there is none.
    async fn find(&self, call: &Call, query: &LookUpQuery) -> Result<Looked, CourierError>;
}
