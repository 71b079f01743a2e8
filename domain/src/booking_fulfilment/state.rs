use crate::booking_fulfilment::{Ending, Part};
use crate::hold::HoldRef;
use crate::{BookingId, CustomerId, Money, PaymentId};

/// What is known of a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Unbegun,
    /// It has begun.
    Begun(Box<Fulfilment>),
}

/// A fulfilment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfilment {
    /// Which booking.
    pub booking_id: BookingId,
    /// By which payment.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: String,
    /// Whose.
    pub owner: CustomerId,
    /// From which hold.
    pub hold: HoldRef,
    /// Whether every hold lives long enough.
    pub holds_extended: bool,
    /// The seats by offering, and how far each has come.
    pub parts: Vec<(Part, PartStatus)>,
    /// How far the payment has come.
    pub payment: PaymentStatus,
    /// How it ended, once it has.
    pub ending: Option<Ending>,
}

/// How far the seats of one offering have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartStatus {
    /// Held.
    Held,
    /// Booked.
    Booked,
    /// Lost.
    Refused,
    /// On sale again.
    GivenBack,
}

/// How far the payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Not authorised yet.
    Open,
    /// Authorised.
    Authorised,
    /// Declined.
    Declined,
    /// Captured.
    Captured,
    /// Let go.
    Voided,
}
