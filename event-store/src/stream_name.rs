use std::fmt;
use std::sync::Arc;

/// The name of a stream: `<category>-<id>`. The category is what stands before the first hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

/// A name that no stream can have: empty, longer than 250 bytes, without a category, or holding
/// control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stream name: expected <category>-<id>, at most 250 bytes")]
pub struct InvalidStreamName(pub String);

impl StreamName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 250;

    /// The longest name of a stream that is not ours, in bytes.
    pub const MAX_FOREIGN_BYTES: usize = 1024;

    /// Names the stream of one aggregate.
    pub fn of(category: &str, id: impl fmt::Display) -> Self {
        Self(format!("{category}-{id}").into())
    }

    /// Reads a name given from outside.
    ///
    /// # Errors
    /// When it is not `<category>-<id>` of at most [`Self::MAX_BYTES`] printable bytes.
    pub fn parse(name: &str) -> Result<Self, InvalidStreamName> {
        let shaped = name
            .split_once('-')
            .is_some_and(|(category, id)| !category.is_empty() && !id.is_empty());
        if !shaped || name.len() > Self::MAX_BYTES || name.chars().any(char::is_control) {
            return Err(InvalidStreamName(name.chars().take(80).collect()));
        }
        Ok(Self(name.into()))
    }

    /// Reads the name of a stream that need not be one of ours, for example `$$booking-1` or
    /// `orders`: not empty, at most [`Self::MAX_FOREIGN_BYTES`].
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse_any(name: &str) -> Result<Self, InvalidStreamName> {
        if name.is_empty() || name.len() > Self::MAX_FOREIGN_BYTES {
            return Err(InvalidStreamName(name.chars().take(80).collect()));
        }
        Ok(Self(name.into()))
    }

    /// The stream of this stream's metadata: `$$<name>`.
    pub fn metadata_stream(&self) -> Self {
        Self(format!("$${}", self.0).into())
    }

    /// The stream whose metadata this one is, if it is one.
    pub fn described_stream(&self) -> Option<Self> {
        self.0.strip_prefix("$$").filter(|name| !name.is_empty()).map(|name| Self(name.into()))
    }

    /// A name that a log gave back: whatever was appended under must be readable again.
    pub(crate) fn stored(name: &str) -> Self {
        Self(name.into())
    }

    /// What stands before the first hyphen.
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&self.0, |(category, _)| category)
    }

    /// What stands after the first hyphen.
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
