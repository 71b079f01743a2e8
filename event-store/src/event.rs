use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use crate::StreamName;

/// An event to append. The store never looks into `data` and `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Chosen by the writer; the same id sent again is the same event.
    pub id: Uuid,
    /// For example `seat_inventory.seats_held.v1`.
    pub event_type: Arc<str>,
    /// What happened.
    pub data: Bytes,
    /// Who, when, why.
    pub metadata: Bytes,
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the whole log: 1, 2, 3 … without gaps.
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its place in its stream: 0, 1, 2 … without gaps.
    pub revision: u64,
    /// Chosen by the writer.
    pub id: Uuid,
    /// For example `seat_inventory.seats_held.v1`.
    pub event_type: Arc<str>,
    /// What happened, byte for byte as appended.
    pub data: Bytes,
    /// Who, when, why, byte for byte as appended.
    pub metadata: Bytes,
}
