//! What a group tells about itself, and changing it.

use eventstore_wire::protocol::persistent_subscriptions::list_req::options::ListOption;
use eventstore_wire::protocol::persistent_subscriptions::list_req::stream_option::StreamOption;
use eventstore_wire::protocol::persistent_subscriptions::{ListReq, list_req};
use eventstore_wire::protocol::shared::Empty;
use tonic::Status;

use crate::support::{From, Running, Wanted, identifier};

#[tokio::test]
async fn a_group_tells_its_settings_and_how_far_it_is() {
    let running = Running::start().await;
    running.append("orders", 3).await;
    let wanted = Wanted::new("orders", "g").with(|settings| {
        settings.resolve_links = true;
        settings.extra_statistics = true;
        settings.max_retry_count = 7;
        settings.min_checkpoint_count = 1;
        settings.max_checkpoint_count = 9;
        settings.max_subscriber_count = 3;
        settings.live_buffer_size = 400;
        settings.read_batch_size = 30;
        settings.history_buffer_size = 600;
        settings.consumer_strategy = "PinnedByCorrelation".into();
    });
    running.create(&wanted).await.unwrap();
    let info = running.info("orders", "g").await.unwrap();
    assert_eq!(info.named_consumer_strategy, "PinnedByCorrelation");
    assert_eq!((info.event_source.as_str(), info.group_name.as_str()), ("orders", "g"));
    assert_eq!(
        (info.resolve_link_tos, info.extra_statistics, info.start_from.as_str()),
        (true, true, "0")
    );
    assert_eq!((info.max_retry_count, info.max_subscriber_count), (7, 3));
    assert_eq!((info.min_check_point_count, info.max_check_point_count), (1, 9));
    assert_eq!((info.live_buffer_size, info.read_batch_size, info.buffer_size), (400, 30, 600));
    assert_eq!(
        (info.message_timeout_milliseconds, info.check_point_after_milliseconds),
        (60_000, 10)
    );
    assert_eq!(info.last_known_event_position, "2");
    assert_eq!(info.last_checkpointed_event_position, "");
    assert!(info.connections.is_empty());

    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.take(3).await;
    consumer.ack(&[got[0].id, got[1].id]).await;
    let info =
        running.info_when("orders", "g", |info| info.last_checkpointed_event_position == "1").await;
    assert_eq!((info.status.as_str(), info.total_items), ("Live", 3));
    let [connection] = &info.connections[..] else { panic!("{info:?}") };
    assert_eq!((connection.in_flight_messages, connection.available_slots), (1, 9));
    assert!(connection.from.starts_with("127.0.0.1:"), "{connection:?}");
    let keys: Vec<&str> =
        connection.observed_measurements.iter().map(|measured| measured.key.as_str()).collect();
    assert_eq!((keys.len(), keys[0], keys[13]), (14, "Mean", "Highest"));
}

#[allow(deprecated, reason = "updates have no other field for the strategy")]
#[tokio::test]
async fn an_update_changes_the_settings_and_keeps_the_place() {
    let running = Running::start().await;
    let appended = running.append("orders", 2).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 1).await;
    let got = consumer.next().await;
    consumer.ack(&[got.id]).await;
    consumer.next().await;
    let changed = Wanted::new("orders", "g").from(From::End).with(|settings| {
        settings.max_retry_count = 3;
        settings.named_consumer_strategy = 2;
    });
    running.update(&changed).await.unwrap();
    let info = running.info("orders", "g").await.unwrap();
    assert_eq!((info.max_retry_count, info.named_consumer_strategy.as_str()), (3, "Pinned"));
    assert_eq!(
        (info.message_timeout_milliseconds, info.check_point_after_milliseconds),
        (7_000, 2)
    );
    assert_eq!(info.start_from, "-1");
    let mut consumer = running.consume("orders", "g", 1).await;
    assert_eq!(consumer.next().await.id, appended[1], "its place counts, not the end");
}

async fn list(running: &Running, option: ListOption) -> Result<Vec<String>, Status> {
    let options = list_req::Options { list_option: Some(option) };
    let listed = running.client.clone().list(ListReq { options: Some(options) }).await?;
    Ok(listed
        .into_inner()
        .subscriptions
        .into_iter()
        .map(|info| format!("{}::{}", info.event_source, info.group_name))
        .collect())
}

fn of(option: StreamOption) -> ListOption {
    ListOption::ListForStream(list_req::StreamOption { stream_option: Some(option) })
}

#[tokio::test]
async fn groups_are_listed_by_source() {
    let running = Running::start().await;
    assert_eq!(list(&running, ListOption::ListAllSubscriptions(Empty {})).await.unwrap(), [""; 0]);
    for (stream, group) in [("orders", "a"), ("orders", "b"), ("others", "a"), ("$all", "a")] {
        running.create(&Wanted::new(stream, group)).await.unwrap();
    }
    assert_eq!(
        list(&running, ListOption::ListAllSubscriptions(Empty {})).await.unwrap(),
        ["$all::a", "orders::a", "orders::b", "others::a"]
    );
    let orders = of(StreamOption::Stream(identifier("orders")));
    assert_eq!(list(&running, orders).await.unwrap(), ["orders::a", "orders::b"]);
    assert_eq!(list(&running, of(StreamOption::All(Empty {}))).await.unwrap(), ["$all::a"]);
    let none = list(&running, of(StreamOption::Stream(identifier("none")))).await.unwrap_err();
    assert_eq!(none.code(), tonic::Code::NotFound);
}
