use std::fmt::Display;
use std::time::Duration;

use event_store::{AppendError, EventStore, ExpectedRevision};
use eventstore_schema::StoredDecider;

use crate::appending::append_until_definite;
use crate::live::Live;
use crate::{Context, ExecuteError, LoadError, Mailboxes};

/// After this long the outcome is said to be unknown; creating it again is safe.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What became of an aggregate to be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New {
        /// The position of its last event.
        position: u64,
    },
    /// It was there before, the same.
    Unchanged {
        /// The position of the last event it has now.
        position: u64,
    },
}

/// Creates an aggregate without a mailbox: for imports, which touch each stream once. Claims the
/// stream with *no stream*, so doing it twice creates it once.
///
/// # Errors
/// See [`ExecuteError`].
pub async fn create<D: StoredDecider>(
    store: &dyn EventStore,
    id: impl Display,
    command: D::Command,
    context: &Context,
) -> Result<Created, ExecuteError<D::Rejection>> {
    let stream = Mailboxes::<D>::stream(id);
    let mut live = Live::<D>::empty();
    let events = D::decide(&live.state, command.clone()).map_err(ExecuteError::Rejected)?;
    let new_events = (0_u32..)
        .zip(&events)
        .map(|(index, event)| live.take(&stream, event, index, context))
        .collect();
    let append = append_until_definite(store, &stream, ExpectedRevision::NoStream, new_events);
    let Ok(outcome) = tokio::time::timeout(ANSWER_WITHIN, append).await else {
        return Err(ExecuteError::OutcomeUnknown("the event store is slow".into()));
    };
    match outcome {
        Ok(appended) => Ok(Created::New { position: appended.position }),
        Err(AppendError::WrongExpectedRevision { .. }) => {
            let existing = Live::<D>::empty().catch_up(store, &stream).await?;
            // The same again emits nothing; anything else is refused.
            D::decide(&existing.state, command)
                .map(|_| Created::Unchanged { position: existing.position })
                .map_err(ExecuteError::Rejected)
        }
        Err(AppendError::Busy) => Err(ExecuteError::Busy),
        Err(error) => Err(LoadError::Unavailable(error.to_string()).into()),
    }
}
