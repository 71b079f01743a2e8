//! What survives: the groups, their places, what is parked. And what must not: a deleted group.

use eventstore_wire::protocol::persistent_subscriptions::read_req::nack::Action;

use crate::support::{From, Running, Wanted, ids};

#[tokio::test]
async fn after_a_restart_a_group_goes_on_behind_what_was_settled() {
    let running = Running::start().await;
    let appended = running.append("orders", 5).await;
    // Too few events for a checkpoint on the way: the last one is written at the end.
    let wanted = Wanted::new("orders", "g").with(|settings| {
        settings.min_checkpoint_count = 10;
        settings.max_checkpoint_count = 100;
        settings.max_retry_count = 4;
    });
    running.create(&wanted).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.take(5).await;
    consumer.ack(&[got[0].id, got[1].id, got[3].id]).await;
    running.info_when("orders", "g", |info| info.total_in_flight_messages == 2).await;
    let running = running.restart().await;
    assert_eq!(running.info("orders", "g").await.unwrap().max_retry_count, 4);
    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.take(3).await;
    assert_eq!(ids(&got), appended[2..], "everything from the first unsettled one on");
}

#[tokio::test]
async fn after_a_restart_a_group_from_the_end_has_lost_nothing_in_between() {
    let running = Running::start().await;
    running.append("orders", 2).await;
    running.create(&Wanted::new("orders", "g").from(From::End)).await.unwrap();
    let running = running.restart().await;
    let appended = running.append("orders", 1).await;
    let mut consumer = running.consume("orders", "g", 10).await;
    assert_eq!(consumer.next().await.id, appended[0]);
}

#[tokio::test]
async fn parked_events_survive_a_restart_and_an_unfinished_replay() {
    let running = Running::start().await;
    let appended = running.append("orders", 1).await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    let got = consumer.next().await;
    consumer.nack(got.id, Action::Park, "").await;
    running.info_when("orders", "g", |info| info.parked_message_count == 1).await;
    running.replay("orders", "g", None).await.unwrap();
    consumer.next().await;
    let running = running.restart().await;
    assert_eq!(running.info("orders", "g").await.unwrap().parked_message_count, 1);
    running.replay("orders", "g", None).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    assert_eq!(consumer.next().await.event, Some(appended[0]));
}

#[tokio::test]
async fn a_group_created_again_knows_nothing_of_the_deleted_one() {
    let running = Running::start().await;
    let appended = running.append("orders", 2).await;
    for round in 0..2 {
        running.create(&Wanted::new("orders", "g")).await.unwrap();
        let info = running.info("orders", "g").await.unwrap();
        assert_eq!((info.parked_message_count, round), (0, round));
        assert_eq!(info.last_checkpointed_event_position, "");
        let mut consumer = running.consume("orders", "g", 10).await;
        let got = consumer.take(2).await;
        assert_eq!(ids(&got), appended, "round {round}");
        consumer.ack(&[got[0].id]).await;
        consumer.nack(got[1].id, Action::Park, "").await;
        running
            .info_when("orders", "g", |info| {
                info.parked_message_count == 1 && info.last_checkpointed_event_position == "1"
            })
            .await;
        running.delete("orders", "g").await.unwrap();
    }
    let running = running.restart().await;
    assert!(running.info("orders", "g").await.is_err(), "it was deleted for good");
}
