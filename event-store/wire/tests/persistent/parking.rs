//! Parked events, and replaying them.

use event_store::{EventStore, StreamName};
use eventstore_wire::protocol::persistent_subscriptions::read_req::nack::Action;

use crate::support::{Running, Wanted, ids};

const PARKED: &str = "$persistentsubscription-orders::g-parked";

async fn parked(running: &Running) -> Vec<event_store::RecordedEvent> {
    let stream = StreamName::parse_any(PARKED).unwrap();
    running.store.read_stream(&stream, 0, 100).await.unwrap_or_default()
}

#[tokio::test]
async fn a_parked_event_is_a_link_that_says_why_and_moves_the_checkpoint() {
    let running = Running::start().await;
    running.append("orders", 2).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.take(2).await;
    consumer.ack(&[got[0].id]).await;
    consumer.nack(got[1].id, Action::Park, "no such seat").await;
    running
        .info_when("orders", "g", |info| {
            info.parked_message_count == 1 && info.last_checkpointed_event_position == "1"
        })
        .await;
    let links = parked(&running).await;
    assert_eq!((&*links[0].event_type, &links[0].data[..]), ("$>", &b"1@orders"[..]));
    let metadata: serde_json::Value = serde_json::from_slice(&links[0].metadata).unwrap();
    assert!(metadata["reason"].as_str().unwrap().contains("no such seat"), "{metadata}");
}

#[tokio::test]
async fn an_event_that_failed_too_often_is_parked() {
    let running = Running::start().await;
    running.append("orders", 1).await;
    let wanted = Wanted::new("orders", "g").with(|settings| settings.max_retry_count = 1);
    running.create(&wanted).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    for _ in 0..2 {
        let got = consumer.next().await;
        consumer.nack(got.id, Action::Retry, "").await;
    }
    running.info_when("orders", "g", |info| info.parked_message_count == 1).await;
    assert_eq!(parked(&running).await.len(), 1);
}

#[tokio::test]
async fn replayed_events_come_with_their_links_and_are_parked_no_more_once_acknowledged() {
    let running = Running::start().await;
    let appended = running.append("orders", 3).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    for got in consumer.take(3).await {
        consumer.nack(got.id, Action::Park, "").await;
    }
    running.info_when("orders", "g", |info| info.parked_message_count == 3).await;
    running.replay("orders", "g", Some(2)).await.unwrap();
    let replayed = consumer.take(2).await;
    let events: Vec<_> = replayed.iter().filter_map(|got| got.event).collect();
    let mut sorted = events.clone();
    sorted.sort_by_key(|id| appended.iter().position(|appended| appended == id));
    assert_eq!(sorted.len(), 2);
    assert!(replayed.iter().all(|got| got.is_link && got.stream == PARKED), "{replayed:?}");
    assert_eq!(running.info("orders", "g").await.unwrap().parked_message_count, 1);
    assert_eq!(parked(&running).await.len(), 3, "until they are settled, a crash loses none");
    consumer.ack(&ids(&replayed)).await;
    let left = tokio::time::timeout(crate::support::SOON, async {
        loop {
            let left = parked(&running).await;
            if left.len() == 1 {
                return left;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(left.await.expect("they stay parked")[0].revision, 2);
    let info = running.info("orders", "g").await.unwrap();
    assert_eq!(info.last_checkpointed_event_position, "2", "the replay moved nothing");
}

#[tokio::test]
async fn a_replayed_event_that_is_parked_again_links_to_the_event_and_not_to_the_link() {
    let running = Running::start().await;
    running.append("orders", 1).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.next().await;
    consumer.nack(got.id, Action::Park, "").await;
    running.info_when("orders", "g", |info| info.parked_message_count == 1).await;
    running.replay("orders", "g", None).await.unwrap();
    let got = consumer.next().await;
    consumer.nack(got.id, Action::Park, "").await;
    running.info_when("orders", "g", |info| info.parked_message_count == 1).await;
    let last = parked(&running).await.pop().unwrap();
    assert_eq!((last.revision, &last.data[..]), (1, &b"0@orders"[..]));
}

#[tokio::test]
async fn replaying_nothing_is_fine_and_a_negative_end_is_not() {
    let running = Running::start().await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    running.replay("orders", "g", None).await.unwrap();
    let refused = running.replay("orders", "g", Some(-1)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
}
