//! The one place where the engine draws ids: of new logs, and of the events that it writes of its
//! own accord (tombstones, and metadata for deletions).

use uuid::Uuid;

#[allow(
    clippy::disallowed_methods,
    reason = "the id of a new log, or of the store's own event, must differ from every other's, \
              and nothing can derive it"
)]
pub(super) fn new_id() -> Uuid {
    Uuid::new_v4()
}
