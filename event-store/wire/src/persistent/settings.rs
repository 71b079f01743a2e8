//! What a group was created with, and its form in the configuration stream.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a group shares its events among its consumers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Strategy {
    /// Everything to the consumer that came first, as long as it has room.
    DispatchToSingle,
    /// In turn.
    RoundRobin,
    /// The events of one stream to the same consumer.
    Pinned,
    /// The events of one `$correlationId` to the same consumer.
    PinnedByCorrelation,
}

impl Strategy {
    const ALL: [Self; 4] =
        [Self::DispatchToSingle, Self::RoundRobin, Self::Pinned, Self::PinnedByCorrelation];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.name() == name)
    }

    /// By its number in the protocol.
    pub(super) fn numbered(number: i32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DispatchToSingle => "DispatchToSingle",
            Self::RoundRobin => "RoundRobin",
            Self::Pinned => "Pinned",
            Self::PinnedByCorrelation => "PinnedByCorrelation",
        }
    }
}

/// The settings of a group, in the units in which clients give them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    #[serde(rename = "resolveLinkTos")]
    pub(super) resolve_links: bool,
    pub(super) extra_statistics: bool,
    /// Deliveries after the first one before the event is parked.
    pub(super) max_retry_count: u32,
    /// 0: a consumer may take as long as it likes.
    #[serde(rename = "messageTimeout")]
    pub(super) message_timeout_ms: u32,
    #[serde(rename = "checkPointAfter")]
    pub(super) checkpoint_after_ms: u32,
    #[serde(rename = "minCheckPointCount")]
    pub(super) min_checkpoint_count: u32,
    #[serde(rename = "maxCheckPointCount")]
    pub(super) max_checkpoint_count: u32,
    /// 0: any number.
    pub(super) max_subscriber_count: u32,
    pub(super) live_buffer_size: u32,
    pub(super) read_batch_size: u32,
    pub(super) history_buffer_size: u32,
    #[serde(rename = "namedConsumerStrategy")]
    pub(super) strategy: Strategy,
}

/// The most events a group holds back, whatever its settings say.
const MAX_BUFFERED: u32 = 10_000;

impl Settings {
    pub(super) fn message_timeout(&self) -> Option<Duration> {
        (self.message_timeout_ms > 0).then(|| Duration::from_millis(self.message_timeout_ms.into()))
    }

    pub(super) fn checkpoint_after(&self) -> Duration {
        Duration::from_millis(self.checkpoint_after_ms.into())
    }

    /// How many events may wait for a consumer.
    pub(super) fn buffer_size(&self, is_live: bool) -> usize {
        let events = if is_live { self.live_buffer_size } else { self.history_buffer_size };
        events.clamp(1, MAX_BUFFERED) as usize
    }

    pub(super) fn read_batch(&self) -> usize {
        self.read_batch_size.clamp(1, MAX_BUFFERED) as usize
    }
}

#[cfg(test)]
impl Settings {
    /// As the clients' defaults.
    pub(super) fn for_tests() -> Self {
        Self {
            resolve_links: false,
            extra_statistics: false,
            max_retry_count: 10,
            message_timeout_ms: 30_000,
            checkpoint_after_ms: 2_000,
            min_checkpoint_count: 10,
            max_checkpoint_count: 1_000,
            max_subscriber_count: 0,
            live_buffer_size: 500,
            read_batch_size: 20,
            history_buffer_size: 500,
            strategy: Strategy::RoundRobin,
        }
    }
}
