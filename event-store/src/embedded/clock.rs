//! The one place where the engine asks for the time.

use std::time::SystemTime;

/// Ticks of 100 ns in a second.
const TICKS_A_SECOND: u64 = 10_000_000;

/// The time, in 100 ns since 1970 UTC.
#[allow(
    clippy::disallowed_methods,
    reason = "when the store took an event is a fact that only the store can know"
)]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos() / 100).unwrap_or(u64::MAX))
}

/// The time that many seconds before `now`.
pub(super) fn before(now: u64, seconds: u64) -> u64 {
    now.saturating_sub(seconds.saturating_mul(TICKS_A_SECOND))
}
