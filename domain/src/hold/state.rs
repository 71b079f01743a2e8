use crate::hold::{Part, PlacedPart};
use crate::{BookingId, CustomerId, HoldId, Instant, OfferingId};

/// What is known of a hold over several offerings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Unrequested,
    /// It was asked for.
    Requested(Requested),
}

/// A hold that was asked for, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// Which.
    pub hold_id: HoldId,
    /// Whose.
    pub owner: CustomerId,
    /// What was wanted.
    pub parts: Vec<Part>,
    /// How long every part lasts.
    pub expires_at: Instant,
    /// What is held; empty until it is placed.
    pub placed: Vec<PlacedPart>,
    /// How far it has come.
    pub outcome: Outcome,
}

/// How far a hold over several offerings has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The offerings are being asked.
    Pending,
    /// All of them said yes.
    Placed,
    /// One of them said no.
    Refused {
        /// Which.
        offering_id: OfferingId,
        /// Its refusal's stable code.
        cause: String,
    },
    /// Given back.
    Released,
    /// Its time was over.
    Expired,
    /// A booking has its seats.
    Consumed {
        /// Which.
        booking_id: BookingId,
    },
}
