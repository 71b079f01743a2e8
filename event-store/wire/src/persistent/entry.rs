//! A group as the configuration stream keeps it.

use event_store::{Filter, Pattern, StreamName};
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::source::Wanted;
use super::storage::{ALL, place_text};

/// The name of a group: what it reads, and which of the groups that read it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Name {
    /// A stream, or `$all`.
    #[serde(rename = "stream")]
    pub(super) source: String,
    pub(super) group: String,
}

impl Name {
    pub(super) fn is_to_all(&self) -> bool {
        self.source == ALL
    }

    /// As clients are told it.
    pub(super) fn subscription_id(&self) -> String {
        format!("{}::{}", self.source, self.group)
    }
}

/// Where a group begins, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum StartFrom {
    Start,
    End,
    /// The first event is the one of this revision or position.
    At(u64),
}

impl StartFrom {
    /// As clients are told it.
    pub(super) fn text(self, is_position: bool) -> String {
        match self {
            Self::Start => place_text(0, is_position),
            Self::End if is_position => "C:-1/P:-1".to_owned(),
            Self::End => "-1".to_owned(),
            Self::At(place) => place_text(place, is_position),
        }
    }
}

/// Which events of the whole log a group wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WantedNames {
    pub(super) by: By,
    pub(super) prefixes: Vec<String>,
    pub(super) regex: Option<String>,
}

/// What a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum By {
    Stream,
    EventType,
}

impl WantedNames {
    /// What is wrong with it, otherwise.
    pub(super) fn filter(&self) -> Result<Filter, String> {
        let pattern = match &self.regex {
            Some(regex) => Pattern::regex(regex)?,
            None => Pattern::Prefixes(self.prefixes.clone()),
        };
        Ok(match self.by {
            By::Stream => Filter::Streams(pattern),
            By::EventType => Filter::EventTypes(pattern),
        })
    }
}

/// A group, as it was created or last updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) name: Name,
    pub(super) filter: Option<WantedNames>,
    pub(super) start_from: StartFrom,
    /// Where `start_from` was when it was asked for: the group begins behind it.
    pub(super) start_after: Option<u64>,
    /// The revision of the configuration that brought the group.
    pub(super) generation: u64,
    #[serde(flatten)]
    pub(super) settings: Settings,
}

impl Entry {
    /// What the group reads.
    pub(super) fn wanted(&self) -> Result<Wanted, String> {
        if self.name.is_to_all() {
            let filter = self.filter.as_ref().map_or(Ok(Filter::All), WantedNames::filter)?;
            return Ok(Wanted::All(filter));
        }
        let stream = StreamName::parse_any(&self.name.source).map_err(|error| error.to_string())?;
        Ok(Wanted::Stream(stream))
    }
}

/// All groups: the data of an event in the configuration stream, of which the last one counts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Configuration {
    pub(super) version: u32,
    pub(super) entries: Vec<Entry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_was_stored_can_still_be_read() {
        let stored = r#"{"version":1,"entries":[
            {"stream":"$all","group":"g","filter":{"by":"eventType","prefixes":["a"],"regex":null},
             "startFrom":{"at":7},"startAfter":6,"generation":3,"resolveLinkTos":true,
             "extraStatistics":false,"maxRetryCount":10,"messageTimeout":30000,
             "checkPointAfter":2000,"minCheckPointCount":10,"maxCheckPointCount":1000,
             "maxSubscriberCount":0,"liveBufferSize":500,"readBatchSize":20,
             "historyBufferSize":500,"namedConsumerStrategy":"PinnedByCorrelation"}]}"#;
        let read: Configuration = serde_json::from_str(stored).unwrap();
        let entry = &read.entries[0];
        assert_eq!(entry.name.subscription_id(), "$all::g");
        assert_eq!((entry.start_from, entry.start_after), (StartFrom::At(7), Some(6)));
        assert_eq!(entry.settings.strategy.name(), "PinnedByCorrelation");
        let filter = entry.filter.as_ref().unwrap().filter().unwrap();
        assert_eq!(filter, Filter::EventTypes(Pattern::Prefixes(vec!["a".into()])));
        let again: serde_json::Value = serde_json::to_value(&read).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(stored).unwrap());
    }
}
