//! Catch-up subscriptions.

use anyhow::{Result, bail, ensure};

use super::harness::{add, events, ids, name, read, revisions, same, typed, within};
use crate::db::{
    Client, Position, ResolvedEvent, StreamPosition, SubscribeToAllOptions,
    SubscribeToStreamOptions, Subscription, SubscriptionEvent, SubscriptionFilter, is_caught_up,
    stream_of,
};

async fn next(subscription: &mut Subscription) -> Result<SubscriptionEvent> {
    Ok(within("a subscription", subscription.next_subscription_event()).await??)
}

/// These clients connect at the first call: a subscription from the end begins at its confirmation.
async fn confirmed(mut subscription: Subscription) -> Result<Subscription> {
    match next(&mut subscription).await? {
        SubscriptionEvent::Confirmed(_) => Ok(subscription),
        other => bail!("expected a confirmation, came {other:?}"),
    }
}

async fn take(subscription: &mut Subscription, count: usize) -> Result<Vec<ResolvedEvent>> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(within("an event", subscription.next()).await??);
    }
    Ok(taken)
}

async fn of_stream(
    client: &Client,
    stream: &str,
    from: StreamPosition<u64>,
) -> Result<Subscription> {
    let options = SubscribeToStreamOptions::default().start_from(from);
    confirmed(client.subscribe_to_stream(stream, &options).await).await
}

async fn of_all(client: &Client, options: SubscribeToAllOptions) -> Result<Subscription> {
    confirmed(client.subscribe_to_all(&options).await).await
}

fn after(position: Position) -> SubscribeToAllOptions {
    SubscribeToAllOptions::default().position(StreamPosition::Position(position))
}

pub async fn subscribe_to_stream(client: Client) -> Result<String> {
    let stream = name("subscribed");
    add(&client, &stream, events(3)).await?;
    let mut subscription = of_stream(&client, &stream, StreamPosition::Start).await?;
    same("what was there", revisions(&take(&mut subscription, 3).await?), vec![0, 1, 2])?;
    add(&client, &stream, events(2)).await?;
    same("what came while it ran", revisions(&take(&mut subscription, 2).await?), vec![3, 4])?;

    let later = name("subscribed_later");
    let mut subscription = of_stream(&client, &later, StreamPosition::Start).await?;
    add(&client, &later, events(1)).await?;
    same("a stream that came later", revisions(&take(&mut subscription, 1).await?), vec![0])
}

pub async fn subscribe_to_stream_after_revision(client: Client) -> Result<String> {
    let stream = name("resumed");
    add(&client, &stream, events(5)).await?;
    let mut subscription = of_stream(&client, &stream, StreamPosition::Position(2)).await?;
    same("after revision 2", revisions(&take(&mut subscription, 2).await?), vec![3, 4])?;
    let mut subscription = of_stream(&client, &stream, StreamPosition::End).await?;
    add(&client, &stream, events(1)).await?;
    same("after the end", revisions(&take(&mut subscription, 1).await?), vec![5])
}

pub async fn subscribe_to_all(client: Client) -> Result<String> {
    let stream = name("in_all");
    let before = add(&client, &name("before"), events(1)).await?;
    add(&client, &stream, events(3)).await?;
    let mut subscription = of_all(&client, after(before)).await?;
    same("what was there", revisions(&take(&mut subscription, 3).await?), vec![0, 1, 2])?;
    add(&client, &stream, events(2)).await?;
    same("what came while it ran", revisions(&take(&mut subscription, 2).await?), vec![3, 4])?;

    let start = SubscribeToAllOptions::default().position(StreamPosition::Start);
    let first = take(&mut of_all(&client, start).await?, 1).await?;
    ensure!(first[0].get_original_event().position <= before, "from the start");
    let end = SubscribeToAllOptions::default().position(StreamPosition::End);
    let mut subscription = of_all(&client, end).await?;
    add(&client, &stream, events(1)).await?;
    same("from the end", revisions(&take(&mut subscription, 1).await?), vec![5])
}

pub async fn subscribe_to_all_after_position(client: Client) -> Result<String> {
    let stream = name("all_resumed");
    add(&client, &stream, events(4)).await?;
    let stored = read(&client, &stream).await?;
    let second = stored[1].get_original_event().position;
    let taken = take(&mut of_all(&client, after(second)).await?, 2).await?;
    same("after the second", ids(&taken), ids(&stored[2..]))
}

pub async fn subscribe_to_all_by_filter(client: Client) -> Result<String> {
    let (wanted, other, kind) = (name("wanted"), name("other"), name("kind"));
    let before = add(&client, &other, events(1)).await?;
    for number in 0..3 {
        add(&client, &format!("{wanted}-{number}"), typed(1, &format!("{kind}.a"))).await?;
        add(&client, &format!("{other}-{number}"), typed(2, &format!("{kind}.b"))).await?;
    }
    let expected: Vec<String> = (0..3).map(|number| format!("{wanted}-{number}")).collect();
    for filter in [
        SubscriptionFilter::on_stream_name().add_prefix(format!("{wanted}-")),
        SubscriptionFilter::on_stream_name().regex(format!("^{wanted}-.$")),
        SubscriptionFilter::on_event_type().add_prefix("another").add_prefix(format!("{kind}.a")),
        SubscriptionFilter::on_event_type().regex(format!("^{kind}.a$")),
    ] {
        let mut subscription = of_all(&client, after(before).filter(filter)).await?;
        let taken = take(&mut subscription, 3).await?;
        let streams: Vec<String> = taken.iter().map(|one| stream_of(one).to_owned()).collect();
        same("streams", streams, expected.clone())?;
    }
    let filter = SubscriptionFilter::on_stream_name().add_prefix(format!("{wanted}-"));
    let end = SubscribeToAllOptions::default().position(StreamPosition::End).filter(filter);
    let mut subscription = of_all(&client, end).await?;
    add(&client, &format!("{other}-9"), events(1)).await?;
    let stored = add(&client, &format!("{wanted}-9"), events(1)).await?;
    let taken = take(&mut subscription, 1).await?;
    same("while it ran", taken[0].get_original_event().position, stored)
}

/// Events that do not pass still move a consumer on, and nothing is lost from a checkpoint.
pub async fn filtered_subscription_sends_checkpoints(client: Client) -> Result<String> {
    let (wanted, noise) = (name("rare"), name("noise"));
    let before = add(&client, &noise, events(1)).await?;
    add(&client, &noise, events(200)).await?;
    let filter = SubscriptionFilter::on_stream_name().add_prefix(&wanted).max(10);
    let mut subscription = of_all(&client, after(before).filter(filter.clone())).await?;
    let checkpoint = loop {
        match next(&mut subscription).await? {
            SubscriptionEvent::Checkpoint(position) => break position,
            SubscriptionEvent::EventAppeared(event) => bail!("{event:?} passed the filter"),
            _ => {}
        }
    };
    ensure!(checkpoint > before, "further than the start");
    let stored = add(&client, &wanted, events(1)).await?;
    let mut subscription = of_all(&client, after(checkpoint).filter(filter)).await?;
    let taken = take(&mut subscription, 1).await?;
    same("the event behind it", taken[0].get_original_event().position, stored)
}

pub async fn subscription_says_caught_up(client: Client) -> Result<String> {
    let stream = name("caught_up");
    add(&client, &stream, events(3)).await?;
    let mut subscription = of_stream(&client, &stream, StreamPosition::Start).await?;
    same("events first", revisions(&take(&mut subscription, 3).await?), vec![0, 1, 2])?;
    ensure!(is_caught_up(&next(&mut subscription).await?), "then caught up");

    let end = SubscribeToAllOptions::default().position(StreamPosition::End);
    let mut subscription = of_all(&client, end).await?;
    ensure!(is_caught_up(&next(&mut subscription).await?), "caught up at the end");
    add(&client, &stream, events(1)).await?;
    same("and then live", revisions(&take(&mut subscription, 1).await?), vec![3])
}
