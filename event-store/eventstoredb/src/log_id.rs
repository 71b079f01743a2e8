use event_store::{AppendError, EventStore, ExpectedRevision, NewEvent, ReadError, StreamName};
use uuid::Uuid;

use crate::store::EventStoreDb;

/// The stream whose one event is the log's identity.
const STREAM: &str = "holdfast-log";
const EVENT_TYPE: &str = "holdfast.log_created.v1";

/// Which log this is: the id of the first event of the stream `holdfast-log`. A cluster that has
/// none gets one; whoever comes second takes the first one's.
pub(crate) async fn of(store: &EventStoreDb) -> Result<Uuid, AppendError> {
    let stream = StreamName::of("holdfast", "log");
    debug_assert_eq!(stream.as_str(), STREAM);
    for _ in 0..8 {
        match store.reads.stream(&stream, 0, 1).await {
            Ok(events) => {
                let first = events.first().filter(|event| &*event.event_type == EVENT_TYPE);
                return first.map(|event| event.id).ok_or_else(|| {
                    AppendError::InvalidMetadata(format!(
                        "the stream {STREAM} does not begin with {EVENT_TYPE}"
                    ))
                });
            }
            Err(ReadError::StreamNotFound) => claim(store, &stream).await?,
            Err(ReadError::StreamDeleted) => return Err(AppendError::StreamDeleted),
            Err(ReadError::Denied(reason)) => return Err(AppendError::Denied(reason)),
            Err(error) => return Err(AppendError::Unavailable(error.to_string())),
        }
    }
    Err(AppendError::Unavailable(format!("the stream {STREAM} cannot be settled")))
}

async fn claim(store: &EventStoreDb, stream: &StreamName) -> Result<(), AppendError> {
    let id = draw();
    let data = format!(r#"{{"log_id":"{id}"}}"#);
    let event = NewEvent::json(id, EVENT_TYPE, data, "{}");
    match store.append(stream, ExpectedRevision::NoStream, vec![event]).await {
        // In the last two cases the stream is read again, and says which id it is.
        Ok(_) | Err(AppendError::WrongExpectedRevision { .. } | AppendError::OutcomeUnknown(_)) => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The one place here that draws an id: it names a log for ever and comes from no command.
#[allow(clippy::disallowed_methods, reason = "a log's identity is drawn once, when it is claimed")]
fn draw() -> Uuid {
    Uuid::new_v4()
}
