//! Every failure as the official clients know it.

use tonic::{Code, Status};

use crate::support::{Running, Wanted, trailer};

fn assert_is(status: &Status, code: Code, exception: &str) {
    assert_eq!(status.code(), code, "{status:?}");
    assert_eq!(trailer(status, "exception"), exception);
    assert_eq!(trailer(status, "stream-name"), "orders");
    assert_eq!(trailer(status, "group-name"), "g");
}

#[tokio::test]
async fn a_group_that_is_not_there_is_not_found() {
    let running = Running::start().await;
    let wanted = Wanted::new("orders", "g");
    let failures = [
        running.update(&wanted).await.unwrap_err(),
        running.delete("orders", "g").await.unwrap_err(),
        running.info("orders", "g").await.unwrap_err(),
        running.replay("orders", "g", None).await.unwrap_err(),
        running.try_consume("orders", "g", 10).await.err().unwrap(),
    ];
    for failure in failures {
        assert_is(&failure, Code::NotFound, "persistent-subscription-does-not-exist");
    }
}

#[tokio::test]
async fn a_group_is_created_once() {
    let running = Running::start().await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let again = running.create(&Wanted::new("orders", "g")).await.unwrap_err();
    assert_is(&again, Code::AlreadyExists, "persistent-subscription-exists");
    running.create(&Wanted::new("orders", "another")).await.unwrap();
}

#[tokio::test]
async fn no_more_consumers_than_allowed_are_let_in() {
    let running = Running::start().await;
    let wanted = Wanted::new("orders", "g").with(|settings| settings.max_subscriber_count = 1);
    running.create(&wanted).await.unwrap();
    let first = running.consume("orders", "g", 10).await;
    let refused = running.try_consume("orders", "g", 10).await.err().unwrap();
    assert_is(&refused, Code::FailedPrecondition, "maximum-subscribers-reached");
    assert!(refused.message().starts_with("Maximum subscriptions reached"), "{refused:?}");
    drop(first);
    running.info_when("orders", "g", |info| info.connections.is_empty()).await;
    running.consume("orders", "g", 10).await;
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let running = Running::start().await;
    let strategy =
        Wanted::new("orders", "g").with(|settings| settings.consumer_strategy = "ByMoon".into());
    let refused = running.create(&strategy).await.unwrap_err();
    assert_is(&refused, Code::Internal, "persistent-subscription-failed");
    let count = Wanted::new("orders", "g").with(|settings| settings.max_retry_count = -1);
    assert_eq!(running.create(&count).await.unwrap_err().code(), Code::InvalidArgument);
    for (stream, group) in [("", "g"), ("orders", ""), (&"s".repeat(1_000), "g")] {
        let refused = running.create(&Wanted::new(stream, group)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{stream}::{group}");
    }
}

#[tokio::test]
async fn consumers_of_a_group_that_is_deleted_changed_or_restarted_are_dropped() {
    let running = Running::start().await;
    let wanted = Wanted::new("orders", "g");
    running.create(&wanted).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    running.update(&wanted).await.unwrap();
    let end = consumer.end().await;
    assert_is(&end, Code::Cancelled, "persistent-subscription-dropped");

    let mut consumer = running.consume("orders", "g", 10).await;
    let restart = eventstore_wire::protocol::shared::Empty {};
    running.client.clone().restart_subsystem(restart).await.unwrap();
    let end = consumer.end().await;
    assert_is(&end, Code::Cancelled, "persistent-subscription-dropped");

    let mut consumer = running.consume("orders", "g", 10).await;
    running.delete("orders", "g").await.unwrap();
    let end = consumer.end().await;
    assert_is(&end, Code::Cancelled, "persistent-subscription-dropped");
}

#[tokio::test]
async fn consumers_end_as_unavailable_when_the_server_stops() {
    let running = Running::start().await;
    running.create(&Wanted::new("orders", "g")).await.unwrap();
    let mut consumer = running.consume("orders", "g", 10).await;
    running.stop();
    assert_eq!(consumer.end().await.code(), Code::Unavailable);
}
