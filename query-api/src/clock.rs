use chrono::{DateTime, Utc};

#[allow(
    clippy::disallowed_methods,
    reason = "the one place where this room asks for the time: whether a hold still counts"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
