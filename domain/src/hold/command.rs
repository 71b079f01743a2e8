use crate::hold::{Part, PlacedPart};
use crate::{BookingId, CustomerId, HoldId, Instant, OfferingId};

/// What may be asked of a hold over several offerings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Ask for seats on several offerings.
    Request {
        /// The new hold.
        hold_id: HoldId,
        /// Whose it is.
        owner: CustomerId,
        /// What is wanted, by offering.
        parts: Vec<Part>,
        /// How long every part lasts.
        expires_at: Instant,
        /// Now.
        at: Instant,
    },
    /// Every offering has said yes.
    RecordPlaced {
        /// What is held.
        parts: Vec<PlacedPart>,
        /// Now.
        at: Instant,
    },
    /// An offering has said no, and the others were released.
    RecordRefused {
        /// Which.
        offering_id: OfferingId,
        /// The refusal's stable code.
        cause: String,
        /// Now.
        at: Instant,
    },
    /// Every part lives longer.
    RecordRenewed {
        /// Until when: the earliest of the parts.
        expires_at: Instant,
        /// Now.
        at: Instant,
    },
    /// Its owner gives it back.
    Release {
        /// Now.
        at: Instant,
    },
    /// Its time is over.
    Expire {
        /// Now.
        at: Instant,
    },
    /// A booking has taken its seats.
    Consume {
        /// Which booking.
        booking_id: BookingId,
        /// Now.
        at: Instant,
    },
}
