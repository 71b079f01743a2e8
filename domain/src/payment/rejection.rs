use crate::Money;
use crate::payment::Status;

/// Why nothing changes about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such payment.
    NoSuchPayment,
    /// It was started, for another booking or amount.
    StartedDifferently,
    /// Nothing, or less, cannot be paid.
    AmountNotPositive,
    /// Not possible from where the payment stands.
    NotNow {
        /// Where it stands.
        status: Status,
    },
    /// More than was captured and not yet paid back, or of another currency.
    RefundExceedsCaptured {
        /// What can be paid back.
        refundable: Money,
    },
    /// There is no such refund.
    NoSuchRefund,
}
