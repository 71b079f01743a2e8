use std::sync::Arc;

use crate::{ReadError, RecordedEvent, StreamName};

/// Which events of the whole log a reader wants. Applied where the log is, not where it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those whose stream belongs to one of these categories.
    Categories(Vec<String>),
    /// Those whose stream's name fits.
    Streams(Pattern),
    /// Those whose type fits.
    EventTypes(Pattern),
}

/// What a name must look like.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// It begins with one of these.
    Prefixes(Vec<String>),
    /// It matches, somewhere, a regular expression (with look-around, as EventStoreDB's clients
    /// use it). Matching one name is bounded in steps.
    Regex(Arc<fancy_regex::Regex>),
}

/// The most bytes of a regular expression.
const MAX_REGEX_BYTES: usize = 4096;

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it, or that it is longer than 4,096 bytes.
    pub fn regex(expression: &str) -> Result<Self, String> {
        if expression.len() > MAX_REGEX_BYTES {
            return Err(format!("the expression is longer than {MAX_REGEX_BYTES} bytes"));
        }
        let regex = fancy_regex::RegexBuilder::new(expression)
            .backtrack_limit(100_000)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self::Regex(Arc::new(regex)))
    }

    fn fits(&self, name: &str) -> Result<bool, ReadError> {
        match self {
            Self::Prefixes(prefixes) => {
                Ok(prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())))
            }
            Self::Regex(regex) => {
                regex.is_match(name).map_err(|error| ReadError::Filter(error.to_string()))
            }
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Prefixes(ours), Self::Prefixes(theirs)) => ours == theirs,
            (Self::Regex(ours), Self::Regex(theirs)) => ours.as_str() == theirs.as_str(),
            _ => false,
        }
    }
}

impl Eq for Pattern {}

impl Filter {
    /// True when the filter looks at nothing but the stream's name.
    pub fn is_by_stream(&self) -> bool {
        matches!(self, Self::All | Self::Categories(_) | Self::Streams(_))
    }

    /// Whether an event of this stream and type passes.
    ///
    /// # Errors
    /// `Filter` when a regular expression takes more steps than are allowed.
    pub fn passes(&self, stream: &StreamName, event_type: &str) -> Result<bool, ReadError> {
        match self {
            Self::All => Ok(true),
            Self::Categories(names) => {
                Ok(names.iter().any(|name| name.as_str() == stream.category()))
            }
            Self::Streams(pattern) => pattern.fits(stream.as_str()),
            Self::EventTypes(pattern) => pattern.fits(event_type),
        }
    }

    /// Whether a recorded event passes.
    ///
    /// # Errors
    /// As [`Filter::passes`].
    pub fn passes_event(&self, event: &RecordedEvent) -> Result<bool, ReadError> {
        self.passes(&event.stream, &event.event_type)
    }
}
