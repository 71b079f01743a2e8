use std::collections::BTreeSet;

use crate::booking_cancellation::RefundDue;
use crate::hold::HoldRef;
use crate::{BookingId, OfferingId};

/// What is known of a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Unbegun,
    /// It has begun.
    Begun(Cancellation),
}

/// A cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// Which booking.
    pub booking_id: BookingId,
    /// The hold it began from.
    pub hold: HoldRef,
    /// Where it still has seats.
    pub to_give_back: BTreeSet<OfferingId>,
    /// Where it had seats and has none now.
    pub given_back: BTreeSet<OfferingId>,
    /// What is to be paid back, if anything.
    pub refund: Option<RefundDue>,
    /// Whether it was.
    pub refund_paid: bool,
}
