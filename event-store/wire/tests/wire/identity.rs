use event_store::EventStore;
use eventstore_wire::protocol::streams::read_resp::{Content, read_event};
use eventstore_wire::{LOG_CREATED_TYPE, LOG_STREAM};

use crate::requests::{
    Expected, From, append, backwards, delete, follow_stream, number_of, read, read_all,
    read_stream, tombstone,
};
use crate::support::{Running, all, event, events, next, trailer};

#[tokio::test]
async fn the_log_says_which_one_it_is_without_an_event_in_it() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let id = running.store.log_id();
    for options in
        [read_stream(LOG_STREAM, From::Start, 10), backwards(read_stream(LOG_STREAM, From::End, 1))]
    {
        let answer = client.read(read(options)).await.unwrap().into_inner();
        let answered = all(answer).await;
        let position = answered.iter().find_map(|content| match content {
            Content::Event(event) => event.position,
            _ => None,
        });
        let nowhere = read_event::Position::CommitPosition(0);
        assert_eq!(position, Some(nowhere), "some clients fail without a position");
        let found = events(answered);
        assert_eq!(found.len(), 1);
        assert_eq!(number_of(found[0].id.as_ref()), id.as_u128());
        assert_eq!((found[0].stream_revision, &*found[0].metadata["type"]), (0, LOG_CREATED_TYPE));
        let data: serde_json::Value = serde_json::from_slice(&found[0].data).unwrap();
        assert_eq!(data, serde_json::json!({ "log_id": id.to_string() }));
    }
    let answer = client.read(read(read_all(From::Start, 10))).await.unwrap().into_inner();
    assert!(all(answer).await.is_empty(), "it is not in the log");
    let mut followed =
        client.read(read(follow_stream(LOG_STREAM, From::Start))).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    assert_eq!(number_of(event(next(&mut followed).await).id.as_ref()), id.as_u128());
    assert!(matches!(next(&mut followed).await, Content::CaughtUp(_)));
}

#[tokio::test]
async fn what_says_which_log_it_is_cannot_be_written() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let statuses = [
        append(&mut client, LOG_STREAM, Expected::Any, [1]).await.unwrap_err(),
        append(&mut client, LOG_STREAM, Expected::NoStream, []).await.unwrap_err(),
        client.delete(delete(LOG_STREAM, Expected::Any)).await.unwrap_err(),
        client.tombstone(tombstone(LOG_STREAM, Expected::Any)).await.unwrap_err(),
    ];
    for status in statuses {
        assert_eq!(trailer(&status, "exception"), Some("access-denied"));
    }
    assert_eq!(running.store_head().await, 0);
}
