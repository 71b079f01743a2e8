//! Deliveries, acknowledgements, retries.

use std::collections::BTreeSet;

use eventstore_wire::protocol::persistent_subscriptions::create_req::settings::MessageTimeout;
use eventstore_wire::protocol::persistent_subscriptions::read_req::nack::Action;

use crate::support::{Running, Wanted, ids, trailer};

#[tokio::test]
async fn a_consumer_gets_what_is_there_and_what_comes_in_order_with_places_and_ids() {
    let running = Running::start().await;
    let mut appended = running.append("orders", 3).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let mut got = consumer.take(3).await;
    appended.extend(running.append("orders", 2).await);
    got.extend(consumer.take(2).await);
    assert_eq!(ids(&got), appended);
    assert_eq!(got.iter().map(|got| got.revision).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(got.iter().all(|got| got.stream == "orders" && got.retries == 0 && !got.is_link));
    assert_eq!(got[0].commit, 1);
}

#[tokio::test]
async fn no_more_is_delivered_than_the_consumers_buffer_until_it_acknowledges() {
    let running = Running::start().await;
    let appended = running.append("orders", 5).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 2).await;
    let first = consumer.take(2).await;
    let info = running.info("orders", "g").await.unwrap();
    assert_eq!(info.total_in_flight_messages, 2);
    assert_eq!(info.connections[0].available_slots, 0);
    consumer.ack(&ids(&first)).await;
    assert_eq!(ids(&consumer.take(2).await), appended[2..4]);
    let info = running.info_when("orders", "g", |info| info.live_buffer_count == 1).await;
    assert_eq!(info.total_in_flight_messages, 2, "only two at a time");
}

#[tokio::test]
async fn a_retried_event_comes_again_and_says_how_often() {
    let running = Running::start().await;
    let appended = running.append("orders", 1).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    for retries in 0..3 {
        let got = consumer.next().await;
        assert_eq!((got.id, got.retries), (appended[0], retries));
        let action = if retries == 0 { Action::Retry } else { Action::Unknown };
        consumer.nack(got.id, action, "later").await;
    }
    assert_eq!(consumer.next().await.retries, 3);
}

#[tokio::test]
async fn an_event_nobody_acknowledges_in_time_comes_again() {
    let running = Running::start().await;
    let appended = running.append("orders", 1).await;
    let wanted = Wanted::new("orders", "g")
        .with(|settings| settings.message_timeout = Some(MessageTimeout::MessageTimeoutMs(200)));
    running.create(&wanted).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    assert_eq!(consumer.next().await.retries, 0);
    let again = consumer.next().await;
    assert_eq!((again.id, again.retries), (appended[0], 1));
}

#[tokio::test]
async fn what_a_consumer_had_goes_to_another_when_its_connection_ends() {
    let running = Running::start().await;
    let appended = running.append("orders", 4).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut first = running.consume("orders", "g", 10).await;
    let got = first.take(4).await;
    first.ack(&ids(&got[..1])).await;
    running.info_when("orders", "g", |info| info.total_in_flight_messages == 3).await;
    drop(first);
    let mut second = running.consume("orders", "g", 10).await;
    let got = second.take(3).await;
    assert_eq!(ids(&got), appended[1..]);
    assert!(got.iter().all(|got| got.retries == 1), "{got:?}");
    running.info_when("orders", "g", |info| info.connections.len() == 1).await;
}

#[tokio::test]
async fn a_skipped_event_is_settled_and_one_who_stops_is_dropped_without_losing_its_events() {
    let running = Running::start().await;
    let appended = running.append("orders", 2).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 1).await;
    let got = consumer.next().await;
    consumer.nack(got.id, Action::Skip, "").await;
    let got = consumer.next().await;
    assert_eq!(got.id, appended[1]);
    consumer.nack(got.id, Action::Stop, "").await;
    assert_eq!(trailer(&consumer.end().await, "exception"), "persistent-subscription-dropped");
    let mut another = running.consume("orders", "g", 1).await;
    assert_eq!(another.next().await.id, appended[1]);
}

#[tokio::test]
async fn competing_consumers_get_every_event_once_while_events_are_appended() {
    let running = Running::start().await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let (mut one, mut two) =
        (running.consume("orders", "g", 5).await, running.consume("orders", "g", 5).await);
    let consume = async {
        let mut seen = BTreeSet::new();
        let mut shares = [0, 0];
        while seen.len() < 200 {
            tokio::select! {
                got = one.next() => {
                    assert!(seen.insert(got.revision), "{got:?} came twice");
                    shares[0] += 1;
                    one.ack(&[got.id]).await;
                }
                got = two.next() => {
                    assert!(seen.insert(got.revision), "{got:?} came twice");
                    shares[1] += 1;
                    two.ack(&[got.id]).await;
                }
            }
        }
        (seen, shares)
    };
    let ((seen, shares), _) = tokio::join!(consume, running.append("orders", 200));
    assert_eq!(seen, (0..200).collect());
    assert!(shares[0] > 0 && shares[1] > 0, "{shares:?}");
    let awaited = |info: &eventstore_wire::protocol::persistent_subscriptions::SubscriptionInfo| {
        info.last_checkpointed_event_position == "199"
    };
    running.info_when("orders", "g", awaited).await;
}

#[tokio::test]
async fn a_consumer_that_says_nothing_more_still_gets_events() {
    use eventstore_wire::protocol::persistent_subscriptions::read_req::options::StreamOption;
    use eventstore_wire::protocol::persistent_subscriptions::{ReadReq, read_req};
    let running = Running::start().await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let options = read_req::Options {
        stream_option: Some(StreamOption::StreamIdentifier(crate::support::identifier("orders"))),
        group_name: "g".to_owned(),
        buffer_size: 10,
        uuid_option: None,
    };
    let options = ReadReq { content: Some(read_req::Content::Options(options)) };
    let mut answers =
        running.client.clone().read(tokio_stream::iter([options])).await.unwrap().into_inner();
    answers.message().await.unwrap().expect("the confirmation");
    running.append("orders", 1).await;
    let message = tokio::time::timeout(crate::support::SOON, answers.message()).await;
    assert!(message.unwrap().unwrap().is_some(), "the event");
}
