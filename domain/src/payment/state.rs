use uuid::Uuid;

use crate::{BookingId, Money, PaymentId};

/// What is known of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    Unstarted,
    /// It was started.
    Started(Payment),
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Which.
    pub payment_id: PaymentId,
    /// For which booking.
    pub booking_id: BookingId,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: String,
    /// How far it has come.
    pub status: Status,
    /// What is to be, or was, paid back.
    pub refunds: Vec<Refund>,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Which.
    pub refund_id: Uuid,
    /// How much.
    pub amount: Money,
    /// Whether the gateway has paid it.
    pub paid: bool,
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The gateway is to authorise it.
    Started,
    /// The gateway has authorised it.
    Authorised,
    /// The gateway has declined it.
    Declined,
    /// The gateway is to capture it.
    CaptureRequested,
    /// The gateway has captured it.
    Captured,
    /// The gateway is to let it go.
    VoidRequested,
    /// The gateway has let it go.
    Voided,
}

impl Payment {
    /// What was captured and is not, or not to be, paid back.
    pub fn refundable(&self) -> Money {
        let zero = Money::zero(self.amount.currency);
        if self.status != Status::Captured {
            return zero;
        }
        let refunded = self.refunds.iter().map(|refund| refund.amount.amount);
        let refunded = refunded.fold(0_i64, i64::saturating_add);
        Money::new(self.amount.amount.saturating_sub(refunded), self.amount.currency)
    }
}
