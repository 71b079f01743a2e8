//! The one place of this crate that asks for the time of day: deadlines and the time at which a
//! subscription caught up travel as such.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long it is since 1970 UTC.
#[allow(clippy::disallowed_methods, reason = "the designated clock of this crate")]
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Now, as the protocol writes it.
pub(crate) fn timestamp() -> prost_types::Timestamp {
    let now = since_1970();
    prost_types::Timestamp {
        seconds: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(now.subsec_nanos()).unwrap_or(0),
    }
}
