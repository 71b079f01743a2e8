use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::StreamName;

/// What an event's data is, as its writer says. The store itself never looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentType {
    /// `application/json`.
    #[default]
    Json,
    /// `application/octet-stream`.
    Binary,
}

/// An event to append. The store never looks into `data` and `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Chosen by the writer; the same id sent again is the same event.
    pub id: Uuid,
    /// For example `seat_inventory.seats_held.v1`.
    pub event_type: Arc<str>,
    /// What `data` is.
    pub content_type: ContentType,
    /// What happened.
    pub data: Bytes,
    /// Who, when, why.
    pub metadata: Bytes,
}

impl NewEvent {
    /// An event whose data is JSON.
    pub fn json(
        id: Uuid,
        event_type: impl Into<Arc<str>>,
        data: impl Into<Bytes>,
        metadata: impl Into<Bytes>,
    ) -> Self {
        Self {
            id,
            event_type: event_type.into(),
            content_type: ContentType::Json,
            data: data.into(),
            metadata: metadata.into(),
        }
    }
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the whole log. Later events have greater positions; only the embedded engine
    /// leaves no gaps between them (1, 2, 3 …).
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its place in its stream: 0, 1, 2 … without gaps.
    pub revision: u64,
    /// Chosen by the writer.
    pub id: Uuid,
    /// For example `seat_inventory.seats_held.v1`.
    pub event_type: Arc<str>,
    /// When the store took it, in 100 ns since 1970 UTC; 0 when it is not known.
    pub created: u64,
    /// What `data` is.
    pub content_type: ContentType,
    /// What happened, byte for byte as appended.
    pub data: Bytes,
    /// Who, when, why, byte for byte as appended.
    pub metadata: Bytes,
}
