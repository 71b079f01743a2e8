use std::time::Duration;

use event_store::{AppendError, Appended, EventStore, ExpectedRevision, NewEvent, StreamName};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Appends, and on an unknown outcome sends the same bytes, ids and expected revision again until
/// the answer is definite. Never answers `OutcomeUnknown`.
pub(crate) async fn append_until_definite(
    store: &dyn EventStore,
    stream: &StreamName,
    expected: ExpectedRevision,
    events: Vec<NewEvent>,
) -> Result<Appended, AppendError> {
    let mut pause = FIRST_PAUSE;
    let mut open_question = false;
    loop {
        match store.append(stream, expected, events.clone()).await {
            Err(AppendError::OutcomeUnknown(_)) => open_question = true,
            // These look at the ids that were sent: they know of the time before.
            definite @ (Ok(_) | Err(AppendError::WrongExpectedRevision { .. })) => return definite,
            // Not taken this time says nothing about the time before.
            Err(_) if open_question => {}
            definite => return definite,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
