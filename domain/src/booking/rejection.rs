use crate::booking::Status;
use crate::{Instant, Money, OfferingId};

/// Why a booking is not made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such booking.
    NoSuchBooking,
    /// The hold has become a booking already.
    HoldAlreadyBooked,
    /// There is nothing in it.
    NoItems,
    /// Every traveller needs one seat on every offering.
    TravellersDoNotMatchSeats {
        /// Where it does not match.
        offering_id: OfferingId,
        /// Seats held there.
        seats: usize,
        /// Travellers named.
        travellers: usize,
    },
    /// Items of several currencies, or a total beyond counting.
    PricesDoNotAdd,
    /// The time to pay is over.
    PaymentLimitPassed {
        /// Since when.
        limit: Instant,
    },
    /// What is offered has begun.
    AlreadyStarted {
        /// When.
        starts_at: Instant,
    },
    /// Not possible from where the booking stands.
    NotNow {
        /// Where it stands.
        status: Status,
    },
    /// Another payment is under way, or was made.
    AnotherPayment,
    /// The time to pay is not over yet.
    NotExpiredYet,
    /// The refund is another than the one agreed to.
    RefundChanged {
        /// What would be paid back now.
        refund: Money,
    },
}
