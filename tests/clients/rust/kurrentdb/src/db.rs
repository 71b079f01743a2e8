//! `kurrentdb` under the names the behaviours use; the other client has the same file.

pub use kurrentdb::*;

pub fn connect(url: &str) -> anyhow::Result<Client> {
    Client::new(url.parse()?).map_err(|error| anyhow::anyhow!("{error}"))
}

pub type Expected = StreamState;

pub fn exact(revision: u64) -> Expected {
    Expected::StreamRevision(revision)
}

pub fn appending(expected: Expected) -> AppendToStreamOptions {
    AppendToStreamOptions::default().stream_state(expected)
}

pub fn deleting(expected: Expected) -> DeleteStreamOptions {
    DeleteStreamOptions::default().stream_state(expected)
}

pub fn tombstoning(expected: Expected) -> TombstoneStreamOptions {
    TombstoneStreamOptions::default().stream_state(expected)
}

pub fn stream_of(event: &ResolvedEvent) -> &str {
    event.get_original_event().stream_id()
}

pub async fn ack(subscription: &mut PersistentSubscription, event: &ResolvedEvent) -> Result<()> {
    subscription.ack(event).await
}

pub async fn nack(
    subscription: &mut PersistentSubscription,
    event: &ResolvedEvent,
    action: NakAction,
) -> Result<()> {
    subscription.nack(event, action, "a test").await
}

pub fn is_caught_up(event: &SubscriptionEvent) -> bool {
    matches!(event, SubscriptionEvent::CaughtUp(_))
}

pub fn filtered(options: ReadAllOptions, filter: SubscriptionFilter) -> Option<ReadAllOptions> {
    Some(options.filter(filter))
}
