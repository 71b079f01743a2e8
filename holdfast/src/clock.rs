//! The one place where this program looks at the clock and draws lots. Everything below takes
//! time and ids as facts.

use chrono::{DateTime, SubsecRound as _, Utc};
use uuid::Uuid;

/// Now, to the microsecond: as precise as Postgres keeps it, so that no reader sees two truths.
#[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// An id that nobody has.
#[allow(clippy::disallowed_methods, reason = "the one place where ids are drawn")]
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}
