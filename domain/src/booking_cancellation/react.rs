use crate::OfferingId;
use crate::booking_cancellation::{Cancellation, RefundDue};

/// What a cancellation does next. Every step may be done twice with the effect of once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Put the seats of one offering on sale again, booked or held.
    GiveSeatsBack(OfferingId),
    /// Pay back.
    PayRefund(RefundDue),
}

/// What comes next; `None` when all is done. The customer's money goes first.
pub fn react(cancellation: &Cancellation) -> Option<Step> {
    match cancellation.refund {
        Some(refund) if !cancellation.refund_paid => Some(Step::PayRefund(refund)),
        Some(_) | None => cancellation.to_give_back.first().copied().map(Step::GiveSeatsBack),
    }
}
