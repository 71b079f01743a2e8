//! What a cancellation costs. Policies are kept by version, so that an old refund recomputes to
//! the same amount for ever; an event names the version and the inputs it was decided with.

use chrono::TimeDelta;

use crate::{Instant, Money};

/// The version that new cancellations are decided by.
pub const CURRENT: u16 = 1;

/// A cancellation's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What is paid back.
    pub refund: Money,
    /// What is kept; `refund + penalty` is what was paid.
    pub penalty: Money,
    /// By which policy.
    pub policy_version: u16,
}

/// Version 1: until 24 hours before the first departure everything is paid back, after that half,
/// rounded down to the minor unit.
pub fn version_1(paid: Money, starts_at: Instant, at: Instant) -> Terms {
    let early = starts_at.signed_duration_since(at) >= TimeDelta::hours(24);
    let refund = if early { paid.amount } else { paid.amount.div_euclid(2) };
    Terms {
        refund: Money::new(refund, paid.currency),
        penalty: Money::new(paid.amount.saturating_sub(refund), paid.currency),
        policy_version: 1,
    }
}
