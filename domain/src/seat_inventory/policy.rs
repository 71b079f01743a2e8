//! The figures the rules of holding seats use.

use chrono::TimeDelta;

/// After this much longer than `expires_at` another customer may take the seat, so that no two
/// clocks can both be right about it.
pub const GRACE: TimeDelta = TimeDelta::seconds(2);

/// The most seats in one hold, on one offering.
pub const MAX_SEATS_PER_HOLD: usize = 9;

/// The most seats that a customer holds on one offering at a time. Travel agents are exempt.
pub const MAX_SEATS_HELD_PER_CUSTOMER: usize = 9;

/// How often a customer may renew a hold.
pub const MAX_RENEWALS: u8 = 2;

/// However often it is extended, a hold lives no longer than this.
pub const LONGEST_HOLD: TimeDelta = TimeDelta::minutes(60);
