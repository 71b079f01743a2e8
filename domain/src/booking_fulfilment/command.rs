use crate::booking_fulfilment::Part;
use crate::hold::HoldRef;
use crate::{BookingId, CustomerId, Instant, Money, OfferingId, PaymentId};

/// What this process is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A payment was started: begin.
    Begin(Begin),
    /// Every hold lives long enough to be paid.
    RecordHoldsExtended {
        /// Now.
        at: Instant,
    },
    /// The gateway has authorised the payment.
    RecordPaymentAuthorised {
        /// Now.
        at: Instant,
    },
    /// The gateway has declined the payment.
    RecordPaymentDeclined {
        /// Now.
        at: Instant,
    },
    /// An offering has booked its seats.
    RecordSeatsBooked {
        /// Which offering.
        offering_id: OfferingId,
        /// Now.
        at: Instant,
    },
    /// An offering has refused its seats.
    RecordSeatsRefused {
        /// Which offering.
        offering_id: OfferingId,
        /// The refusal's stable code.
        cause: String,
        /// Now.
        at: Instant,
    },
    /// The gateway has captured the payment.
    RecordPaymentCaptured {
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
    /// The gateway has let the authorisation go.
    RecordPaymentVoided {
        /// Now.
        at: Instant,
    },
    /// The booking knows how it ended.
    Complete {
        /// Now.
        at: Instant,
    },
}

/// What there is to fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begin {
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
    /// Which seats.
    pub parts: Vec<Part>,
    /// Now.
    pub at: Instant,
}
