use crate::booking::cancellation_policy::Terms;
use crate::booking::{FailureReason, Item, Locator, Traveller};
use crate::hold::HoldRef;
use crate::{BookingId, CustomerId, Instant, Money, PaymentId, Sealed};

/// What is known of a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Unbegun,
    /// It was made.
    Begun(Box<Booking>),
}

/// A booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Which.
    pub booking_id: BookingId,
    /// What travellers call it.
    pub locator: Locator,
    /// Whose it is.
    pub owner: CustomerId,
    /// The hold it began from.
    pub hold: HoldRef,
    /// A seat for every traveller on every offering.
    pub items: Vec<Item>,
    /// Who travels.
    pub travellers: Vec<Traveller>,
    /// How to reach them.
    pub contact: Sealed,
    /// The sum of its items.
    pub total: Money,
    /// A payment must have begun by then.
    pub payment_limit: Instant,
    /// How it is paid; empty until a payment has begun.
    pub payment_method: String,
    /// How far it has come.
    pub status: Status,
}

/// How far a booking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for its owner to pay.
    AwaitingPayment,
    /// A payment is under way.
    Paying {
        /// Which.
        payment_id: PaymentId,
    },
    /// Paid, and its seats are booked.
    Confirmed {
        /// By which payment.
        payment_id: PaymentId,
    },
    /// It came to nothing.
    Failed {
        /// Why.
        reason: FailureReason,
    },
    /// Nobody paid in time.
    Expired,
    /// Given back.
    Cancelled {
        /// The payment it was paid by, if it was.
        payment_id: Option<PaymentId>,
        /// The money of it.
        terms: Terms,
    },
}

impl Booking {
    /// When the first of its offerings starts.
    pub fn starts_at(&self) -> Instant {
        self.items.iter().map(|item| item.starts_at).min().unwrap_or(Instant::MIN_UTC)
    }
}
