use crate::booking_cancellation::RefundDue;
use crate::hold::HoldRef;
use crate::{BookingId, Instant, OfferingId};

/// What this process is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A booking was cancelled: begin.
    Begin {
        /// Which booking.
        booking_id: BookingId,
        /// The hold it began from.
        hold: HoldRef,
        /// Where it has seats.
        offerings: Vec<OfferingId>,
        /// What is to be paid back, if anything.
        refund: Option<RefundDue>,
        /// Now.
        at: Instant,
    },
    /// An offering has its seats back.
    RecordSeatsGivenBack {
        /// Which offering.
        offering_id: OfferingId,
        /// Now.
        at: Instant,
    },
    /// The gateway has paid back.
    RecordRefundPaid {
        /// Now.
        at: Instant,
    },
}
