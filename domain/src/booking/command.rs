use crate::booking::{FailureReason, Item, Locator, Traveller};
use crate::hold::HoldRef;
use crate::{BookingId, CustomerId, Instant, Money, PaymentId, Sealed};

/// What may be asked of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make it, from a placed hold.
    Begin(Begin),
    /// Begin to pay for it.
    StartPayment {
        /// The new payment.
        payment_id: PaymentId,
        /// How, for example `card`.
        method: String,
        /// Now.
        at: Instant,
    },
    /// It is paid, and its seats are booked.
    Confirm {
        /// By which payment.
        payment_id: PaymentId,
        /// Now.
        at: Instant,
    },
    /// It will not be confirmed.
    Fail {
        /// Why.
        reason: FailureReason,
        /// Now.
        at: Instant,
    },
    /// Nobody paid in time.
    Expire {
        /// Now.
        at: Instant,
    },
    /// Its owner gives it back, before the first departure.
    Cancel {
        /// The refund its owner was quoted and agrees to; a cancellation that would pay back
        /// another amount is refused.
        agreed_refund: Option<Money>,
        /// Now.
        at: Instant,
    },
}

/// A booking to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
    /// Made from the hold's id: a hold becomes one booking at the most.
    pub booking_id: BookingId,
    /// What travellers call it.
    pub locator: Locator,
    /// Whose it is.
    pub owner: CustomerId,
    /// The hold it begins from.
    pub hold: HoldRef,
    /// A seat for every traveller on every offering.
    pub items: Vec<Item>,
    /// Who travels.
    pub travellers: Vec<Traveller>,
    /// How to reach them.
    pub contact: Sealed,
    /// A payment must have begun by then.
    pub payment_limit: Instant,
    /// Now.
    pub at: Instant,
}
