//! `eventstore` under the names the behaviours use; the other client has the same file.

pub use eventstore::*;

pub fn connect(url: &str) -> anyhow::Result<Client> {
    Ok(Client::new(url.parse()?)?)
}

pub type Expected = ExpectedRevision;

pub fn exact(revision: u64) -> Expected {
    Expected::Exact(revision)
}

pub fn appending(expected: Expected) -> AppendToStreamOptions {
    AppendToStreamOptions::default().expected_revision(expected)
}

pub fn deleting(expected: Expected) -> DeleteStreamOptions {
    DeleteStreamOptions::default().expected_revision(expected)
}

pub fn tombstoning(expected: Expected) -> TombstoneStreamOptions {
    TombstoneStreamOptions::default().expected_revision(expected)
}

pub fn stream_of(event: &ResolvedEvent) -> &str {
    &event.get_original_event().stream_id
}

pub async fn ack(subscription: &mut PersistentSubscription, event: &ResolvedEvent) -> Result<()> {
    subscription.ack_ids([event.get_original_event().id]).await
}

pub async fn nack(
    subscription: &mut PersistentSubscription,
    event: &ResolvedEvent,
    action: NakAction,
) -> Result<()> {
    subscription.nack_ids([event.get_original_event().id], action, "a test").await
}

pub fn is_caught_up(event: &SubscriptionEvent) -> bool {
    matches!(event, SubscriptionEvent::CaughtUp)
}

/// This client's `read_all` takes no filter.
pub fn filtered(_: ReadAllOptions, _: SubscriptionFilter) -> Option<ReadAllOptions> {
    None
}
