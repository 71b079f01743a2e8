use crate::{AppendError, NewEvent};

/// The type of the events in a stream's metadata stream.
pub const METADATA_EVENT_TYPE: &str = "$metadata";
/// The type of the event that ends a stream for ever.
pub const TOMBSTONE_EVENT_TYPE: &str = "$streamDeleted";
/// A stream truncated before this revision is deleted softly: reads say it is not there, its
/// numbering continues.
pub const SOFT_DELETED: u64 = i64::MAX as u64;
/// The revision of a tombstone.
pub const TOMBSTONE_REVISION: u64 = i64::MAX as u64;

/// What a stream keeps, as its metadata stream `$$<name>` says last. Reads of the stream apply
/// it at once, reads of the whole log from the next scavenge on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// `$maxCount`: only the last so many events.
    pub max_count: Option<u64>,
    /// `$maxAge`: only events of the last so many seconds.
    pub max_age_seconds: Option<u64>,
    /// `$tb`: only from this revision on.
    pub truncate_before: Option<u64>,
}

impl Retention {
    /// True when it keeps every event.
    pub fn keeps_everything(&self) -> bool {
        self.max_count.is_none()
            && self.max_age_seconds.is_none()
            && self.truncate_before.is_none_or(|revision| revision == 0)
    }

    /// True when the stream was softly deleted.
    pub fn is_soft_deleted(&self) -> bool {
        self.truncate_before == Some(SOFT_DELETED)
    }

    /// Reads the data of a `$metadata` event: a JSON object. Nothing at all is an empty one.
    ///
    /// # Errors
    /// `InvalidMetadata`, naming the field.
    pub fn parse(data: &[u8]) -> Result<Self, AppendError> {
        if data.is_empty() {
            return Ok(Self::default());
        }
        let invalid = |what: &str| AppendError::InvalidMetadata(what.to_owned());
        let value: serde_json::Value =
            serde_json::from_slice(data).map_err(|error| invalid(&error.to_string()))?;
        let object = value.as_object().ok_or_else(|| invalid("it is not a JSON object"))?;
        let number = |field: &str, least: u64| match object.get(field) {
            None | Some(serde_json::Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .filter(|number| (least..=SOFT_DELETED).contains(number))
                .map(Some)
                .ok_or_else(|| invalid(&format!("{field} is not a whole number from {least} on"))),
        };
        Ok(Self {
            max_count: number("$maxCount", 1)?,
            max_age_seconds: number("$maxAge", 1)?,
            truncate_before: number("$tb", 0)?,
        })
    }

    /// What an append to a metadata stream leaves in force: its last event's.
    ///
    /// # Errors
    /// As [`Retention::parse`].
    pub fn of_last(events: &[NewEvent]) -> Result<Self, AppendError> {
        events.last().map_or(Ok(Self::default()), |event| Self::parse(&event.data))
    }
}
