//! The rules of booking, and nothing else: what may happen (`decide`), what it means
//! (`evolve`), what follows from it (`react`).
//!
//! Synchronous and pure. No clock, no randomness, no I/O, no stored form: time, ids, prices and
//! looked-up facts arrive in the command. `seat_inventory`, `hold`, `booking` and `payment` know
//! nothing of flights; a second product stands beside `flight` and touches none of them.

pub mod booking;
pub mod booking_cancellation;
pub mod booking_fulfilment;
mod decider;
pub mod flight;
pub mod hold;
mod ids;
mod money;
pub mod payment;
mod personal;
pub mod seat_inventory;
#[cfg(test)]
mod testing;

pub use decider::Decider;
pub use ids::{BookingId, CustomerId, HoldId, InvalidId, OfferingId, PaymentId};
pub use money::{Currency, InvalidCurrency, Money, MoneyError};
pub use personal::Sealed;

/// A moment, in UTC.
pub type Instant = chrono::DateTime<chrono::Utc>;
