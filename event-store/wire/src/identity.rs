//! Which log this is, said as a stream that is not in the log: whoever reads [`LOG_STREAM`] here
//! finds one event whose id is the log's. A copy of the log says another.

use event_store::{
    ContentType, EventStore, FollowStream, ReadError, RecordedEvent, StreamBatch, StreamName,
};

/// The stream that says which log this is. Nothing is ever appended to it here.
pub const LOG_STREAM: &str = "holdfast-log";
/// The type of its one event.
pub const LOG_CREATED_TYPE: &str = "holdfast.log_created.v1";

/// True for the stream that only says which log this is.
pub(crate) fn is_log_stream(stream: &StreamName) -> bool {
    stream.as_str() == LOG_STREAM
}

/// Its one event. It has no place in the log: its position is 0, before all others.
pub(crate) fn log_created(store: &dyn EventStore, stream: &StreamName) -> RecordedEvent {
    let id = store.log_id();
    RecordedEvent {
        position: 0,
        stream: stream.clone(),
        revision: 0,
        id,
        event_type: LOG_CREATED_TYPE.into(),
        created: 0,
        content_type: ContentType::Json,
        data: format!("{{\"log_id\":\"{id}\"}}").into_bytes().into(),
        metadata: bytes::Bytes::new(),
    }
}

/// A page of the stream, read forwards from revision `from`.
pub(crate) fn page(store: &dyn EventStore, stream: &StreamName, from: u64) -> Vec<RecordedEvent> {
    if from == 0 { vec![log_created(store, stream)] } else { Vec::new() }
}

/// Follows the stream: its one event, and then nothing more, ever.
pub(crate) struct FollowLogStream(pub(crate) RecordedEvent);

#[async_trait::async_trait]
impl FollowStream for FollowLogStream {
    async fn next(&mut self, after: Option<u64>, _max: usize) -> Result<StreamBatch, ReadError> {
        if after.is_some() {
            std::future::pending::<()>().await;
        }
        Ok(StreamBatch { events: vec![self.0.clone()], caught_up: true })
    }
}
