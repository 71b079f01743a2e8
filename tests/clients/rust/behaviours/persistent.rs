//! Persistent subscriptions: the server keeps who has done what.

use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::harness::{
    add, events, ids, is_not_found, name, read, refused, revisions, same, until, within,
};
use crate::db::{
    Client, DeletePersistentSubscriptionOptions, Error, GetPersistentSubscriptionInfoOptions,
    ListPersistentSubscriptionsOptions, NakAction, PersistentSubscription,
    PersistentSubscriptionEvent, PersistentSubscriptionOptions, PersistentSubscriptionToAllOptions,
    ReplayParkedMessagesOptions, ResolvedEvent, StreamPosition,
    SubscribeToPersistentSubscriptionOptions, SubscriptionFilter, SystemConsumerStrategy, ack,
    nack, stream_of,
};

fn settings() -> PersistentSubscriptionOptions {
    PersistentSubscriptionOptions::default().start_from(StreamPosition::Start)
}

fn info() -> GetPersistentSubscriptionInfoOptions {
    GetPersistentSubscriptionInfoOptions::default()
}

fn one_at_a_time() -> SubscribeToPersistentSubscriptionOptions {
    SubscribeToPersistentSubscriptionOptions::default().buffer_size(1)
}

/// A stream of events with a group on it.
async fn group_of(
    client: &Client,
    count: u64,
    options: PersistentSubscriptionOptions,
) -> Result<(String, String)> {
    let (stream, group) = (name("worked"), name("group"));
    add(client, &stream, events(count)).await?;
    client.create_persistent_subscription(stream.as_str(), &group, &options).await?;
    Ok((stream, group))
}

async fn consume(client: &Client, stream: &str, group: &str) -> Result<PersistentSubscription> {
    let options = SubscribeToPersistentSubscriptionOptions::default();
    let subscription = client.subscribe_to_persistent_subscription(stream, group, &options).await?;
    confirmed(subscription, &format!("{stream}::{group}")).await
}

async fn confirmed(
    mut subscription: PersistentSubscription,
    id: &str,
) -> Result<PersistentSubscription> {
    match within("a confirmation", subscription.next_subscription_event()).await?? {
        PersistentSubscriptionEvent::Confirmed(came) => same("id", came.as_str(), id)?,
        other => bail!("expected a confirmation, came {other:?}"),
    };
    Ok(subscription)
}

async fn take(
    subscription: &mut PersistentSubscription,
    count: usize,
) -> Result<Vec<ResolvedEvent>> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(within("an event", subscription.next()).await??);
    }
    Ok(taken)
}

pub async fn persistent_create_info_list(client: Client) -> Result<String> {
    let options = settings()
        .consumer_strategy_name(SystemConsumerStrategy::DispatchToSingle)
        .message_timeout(Duration::from_millis(12_500))
        .checkpoint_after(Duration::from_millis(1_500))
        .max_retry_count(3)
        .max_subscriber_count(7);
    let (stream, group) = group_of(&client, 5, options.clone()).await?;
    let again = client.create_persistent_subscription(stream.as_str(), &group, &options).await;
    refused("create again", again, |error| matches!(error, Error::ResourceAlreadyExists))?;

    let came = client.get_persistent_subscription_info(&stream, &group, &info()).await?;
    same("of", (came.event_source.as_str(), came.group_name.as_str()), (&stream, &group))?;
    same("parked", came.stats.parked_message_count, 0)?;
    let Some(kept) = came.settings else { bail!("info without settings") };
    same("strategy", kept.consumer_strategy_name, SystemConsumerStrategy::DispatchToSingle)?;
    same("message timeout", kept.message_timeout, Duration::from_millis(12_500))?;
    same("checkpoint after", kept.checkpoint_after, Duration::from_millis(1_500))?;
    same("limits", (kept.max_retry_count, kept.max_subscriber_count), (3, 7))?;

    let list = ListPersistentSubscriptionsOptions::default();
    let listed = client.list_persistent_subscriptions_for_stream(&stream, &list).await?;
    let names: Vec<_> = listed.iter().map(|one| one.group_name.as_str()).collect();
    same("groups of the stream", names, vec![group.as_str()])?;
    let every = client.list_all_persistent_subscriptions(&list).await?;
    ensure!(every.iter().any(|one| one.group_name == group), "listed among all");
    let missing = client.get_persistent_subscription_info(&stream, "missing", &info()).await;
    refused("info of a missing group", missing.map(|_| ()), is_not_found)
}

pub async fn persistent_update(client: Client) -> Result<String> {
    let (stream, group) = group_of(&client, 5, settings()).await?;
    let changed = settings().max_retry_count(2).message_timeout(Duration::from_secs(4));
    client.update_persistent_subscription(stream.as_str(), &group, &changed).await?;
    let came = client.get_persistent_subscription_info(&stream, &group, &info()).await?;
    let kept = came.settings.map(|one| (one.max_retry_count, one.message_timeout));
    same("settings", kept, Some((2, Duration::from_secs(4))))?;
    let missing = client.update_persistent_subscription(stream.as_str(), "missing", &changed).await;
    refused("update of a missing group", missing, is_not_found)
}

/// What was acknowledged does not come again to the next consumer.
pub async fn persistent_ack(client: Client) -> Result<String> {
    let eager = settings()
        .checkpoint_lower_bound(1)
        .checkpoint_upper_bound(1)
        .checkpoint_after(Duration::from_millis(100));
    let (stream, group) = group_of(&client, 5, eager).await?;
    let mut subscription = consume(&client, &stream, &group).await?;
    let taken = take(&mut subscription, 3).await?;
    same("first", revisions(&taken), vec![0, 1, 2])?;
    for one in &taken {
        ack(&mut subscription, one).await?;
    }
    add(&client, &stream, events(1)).await?;
    let rest = take(&mut subscription, 3).await?;
    same("then, live too", revisions(&rest), vec![3, 4, 5])?;
    subscription.ack_ids(ids(&rest)).await?;
    until("the checkpoint is written", || async {
        let came = client.get_persistent_subscription_info(&stream, &group, &info()).await?;
        Ok(came.stats.last_checkpointed_event_revision == Some(5))
    })
    .await?;
    drop(subscription);
    let mut subscription = consume(&client, &stream, &group).await?;
    add(&client, &stream, events(1)).await?;
    same("only what is new", revisions(&take(&mut subscription, 1).await?), vec![6])
}

pub async fn persistent_retry(client: Client) -> Result<String> {
    let (stream, group) = group_of(&client, 2, settings()).await?;
    let options = one_at_a_time();
    let mut subscription =
        client.subscribe_to_persistent_subscription(stream.as_str(), &group, &options).await?;
    subscription = confirmed(subscription, &format!("{stream}::{group}")).await?;
    for expected in [0, 1] {
        match within("an event", subscription.next_subscription_event()).await?? {
            PersistentSubscriptionEvent::EventAppeared { retry_count, event } => {
                let revision = event.get_original_event().revision;
                same("revision and retries", (revision, retry_count), (0, expected))?;
                if expected == 0 {
                    nack(&mut subscription, &event, NakAction::Retry).await?;
                } else {
                    ack(&mut subscription, &event).await?;
                }
            }
            other => bail!("expected an event, came {other:?}"),
        }
    }
    same("then the next", revisions(&take(&mut subscription, 1).await?), vec![1])
}

pub async fn persistent_park_and_replay(client: Client) -> Result<String> {
    let (stream, group) = group_of(&client, 3, settings()).await?;
    let parked = |count| {
        let (client, stream, group) = (client.clone(), stream.clone(), group.clone());
        move || {
            let (client, stream, group) = (client.clone(), stream.clone(), group.clone());
            async move {
                let came =
                    client.get_persistent_subscription_info(&stream, &group, &info()).await?;
                Ok(came.stats.parked_message_count == count)
            }
        }
    };
    let mut subscription = consume(&client, &stream, &group).await?;
    let taken = take(&mut subscription, 3).await?;
    nack(&mut subscription, &taken[1], NakAction::Park).await?;
    nack(&mut subscription, &taken[2], NakAction::Skip).await?;
    ack(&mut subscription, &taken[0]).await?;
    until("one is parked", parked(1)).await?;
    let links = read(&client, &format!("$persistentsubscription-{stream}::{group}-parked")).await?;
    let link = links[0].get_original_event();
    let target = format!("1@{stream}");
    same("a link", (link.event_type.as_str(), &link.data[..]), ("$>", target.as_bytes()))?;
    let replay = ReplayParkedMessagesOptions::default();
    client.replay_parked_messages(&stream, &group, &replay).await?;
    let again = within("the replayed event", subscription.next()).await??;
    same("replayed", again.event.as_ref().map(|one| one.id), Some(ids(&taken)[1]))?;
    ack(&mut subscription, &again).await?;
    until("none is parked any more", parked(0)).await?;
    Ok(String::new())
}

pub async fn persistent_delete(client: Client) -> Result<String> {
    let (stream, group) = group_of(&client, 5, settings()).await?;
    let mut consumer = consume(&client, &stream, &group).await?;
    take(&mut consumer, 5).await?;
    let options = DeletePersistentSubscriptionOptions::default();
    client.delete_persistent_subscription(stream.as_str(), &group, &options).await?;
    let dropped = within("the consumer's end", consumer.next()).await?;
    refused("its consumer", dropped, |error| matches!(error, Error::IllegalStateError(_)))?;
    let came = client.get_persistent_subscription_info(&stream, &group, &info()).await;
    refused("info", came.map(|_| ()), is_not_found)?;
    let came = client.delete_persistent_subscription(stream.as_str(), &group, &options).await;
    refused("delete again", came, is_not_found)?;
    let reading = SubscribeToPersistentSubscriptionOptions::default();
    let came = async {
        let mut subscription =
            client.subscribe_to_persistent_subscription(stream.as_str(), &group, &reading).await?;
        subscription.next().await
    };
    refused("read", within("the end", came).await?, is_not_found)
}

pub async fn persistent_to_all(client: Client) -> Result<String> {
    let (group, category) = (name("group"), name("watched"));
    let before = add(&client, &name("before"), events(1)).await?;
    let options = PersistentSubscriptionToAllOptions::default()
        .start_from(StreamPosition::Position(before))
        .filter(SubscriptionFilter::on_stream_name().add_prefix(format!("{category}-")));
    client.create_persistent_subscription_to_all(&group, &options).await?;
    for number in 0..4 {
        let other = format!("un{category}-{number}");
        let mine = format!("{category}-{number}");
        add(&client, if number % 2 == 0 { &other } else { &mine }, events(1)).await?;
    }
    let reading = SubscribeToPersistentSubscriptionOptions::default();
    let subscription = client.subscribe_to_persistent_subscription_to_all(&group, &reading).await?;
    let mut subscription = confirmed(subscription, &format!("$all::{group}")).await?;
    let taken = take(&mut subscription, 2).await?;
    let streams: Vec<_> = taken.iter().map(stream_of).collect();
    let expected = [format!("{category}-1"), format!("{category}-3")];
    same("through the filter", streams, expected.iter().map(String::as_str).collect())?;
    nack(&mut subscription, &taken[0], NakAction::Park).await?;
    ack(&mut subscription, &taken[1]).await?;
    until("parked", || async {
        let came = client.get_persistent_subscription_info_to_all(&group, &info()).await?;
        Ok(came.stats.parked_message_count == 1)
    })
    .await?;
    let replay = ReplayParkedMessagesOptions::default().stop_at(10);
    client.replay_parked_messages_to_all(&group, &replay).await?;
    let again = within("the replayed event", subscription.next()).await??;
    same("replayed", again.event.as_ref().map(|one| one.id), Some(ids(&taken)[0]))?;
    ack(&mut subscription, &again).await?;

    let list = ListPersistentSubscriptionsOptions::default();
    let listed = client.list_persistent_subscriptions_to_all(&list).await?;
    ensure!(listed.iter().any(|one| one.group_name == group), "listed");
    let changed = PersistentSubscriptionToAllOptions::default().max_retry_count(1);
    client.update_persistent_subscription_to_all(&group, &changed).await?;
    let came = client.get_persistent_subscription_info_to_all(&group, &info()).await?;
    same("updated", came.settings.map(|one| one.max_retry_count), Some(1))?;
    let options = DeletePersistentSubscriptionOptions::default();
    client.delete_persistent_subscription_to_all(&group, &options).await?;
    let came = client.get_persistent_subscription_info_to_all(&group, &info()).await;
    refused("info", came.map(|_| ()), is_not_found)
}
