use eventstore_wire::protocol::streams::read_resp::{CaughtUp, Content};

use crate::requests::{Expected, From, append, follow_stream, number_of, read};
use crate::support::{Running, event, next};

#[tokio::test]
async fn a_stream_is_followed_from_its_start_through_being_caught_up_into_what_comes_later() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1, 2]).await.unwrap();
    append(&mut client, "other-1", Expected::Any, [100]).await.unwrap();
    let request = read(follow_stream("orders-1", From::Start));
    let mut followed = client.read(request).await.unwrap().into_inner();
    let Content::Confirmation(confirmation) = next(&mut followed).await else {
        panic!("the confirmation does not come first")
    };
    assert!(!confirmation.subscription_id.is_empty());
    assert_eq!(number_of(event(next(&mut followed).await).id.as_ref()), 1);
    assert_eq!(number_of(event(next(&mut followed).await).id.as_ref()), 2);
    let Content::CaughtUp(caught_up) = next(&mut followed).await else { panic!("not caught up") };
    assert_eq!((caught_up.stream_revision, caught_up.position), (Some(1), None));
    assert!(caught_up.timestamp.is_some());
    append(&mut client, "other-1", Expected::Any, [101]).await.unwrap();
    append(&mut client, "orders-1", Expected::Any, [3]).await.unwrap();
    let live = event(next(&mut followed).await);
    assert_eq!((number_of(live.id.as_ref()), live.stream_revision), (3, 2));
}

#[tokio::test]
async fn a_subscription_to_a_stream_begins_behind_the_revision_given_or_the_end() {
    let running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [0, 1, 2]).await.unwrap();
    let behind = read(follow_stream("orders-1", From::At(1)));
    let mut behind = client.read(behind).await.unwrap().into_inner();
    assert!(matches!(next(&mut behind).await, Content::Confirmation(_)));
    assert_eq!(number_of(event(next(&mut behind).await).id.as_ref()), 2);
    let end = read(follow_stream("orders-1", From::End));
    let mut end = client.read(end).await.unwrap().into_inner();
    assert!(matches!(next(&mut end).await, Content::Confirmation(_)));
    let Content::CaughtUp(CaughtUp { stream_revision, .. }) = next(&mut end).await else {
        panic!("not caught up at once")
    };
    assert_eq!(stream_revision, Some(2));
    append(&mut client, "orders-1", Expected::Any, [3]).await.unwrap();
    assert_eq!(number_of(event(next(&mut end).await).id.as_ref()), 3);
}

#[tokio::test]
async fn a_stream_that_is_not_there_yet_is_waited_for() {
    let running = Running::start().await;
    let mut client = running.client().await;
    for from in [From::Start, From::End] {
        let name = format!("later-{from:?}");
        let mut followed =
            client.read(read(follow_stream(&name, from))).await.unwrap().into_inner();
        assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
        let Content::CaughtUp(caught_up) = next(&mut followed).await else {
            panic!("not caught up")
        };
        assert_eq!(caught_up.stream_revision, None);
        append(&mut client, &name, Expected::NoStream, [7]).await.unwrap();
        assert_eq!(number_of(event(next(&mut followed).await).id.as_ref()), 7);
    }
}
