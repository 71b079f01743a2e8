//! How calls end when the server stops, and what a store that fails looks like from outside.

use event_store::{AppendError, Appended};
use eventstore_wire::Access;
use eventstore_wire::protocol::streams::read_resp::Content;
use tonic::Code;

use crate::answering::Answering;
use crate::batches::{Batch, failure as failed, one};
use crate::requests::{Expected, From, append, follow_all, follow_stream, read, read_all};
use crate::support::{Running, SOON, client, failure, next, serve, trailer};

#[tokio::test]
async fn subscriptions_end_as_unavailable_when_the_server_stops() {
    let mut running = Running::start().await;
    let mut client = running.client().await;
    append(&mut client, "orders-1", Expected::Any, [1]).await.unwrap();
    let mut all = client.read(read(follow_all(From::Start))).await.unwrap().into_inner();
    let mut one =
        client.read(read(follow_stream("orders-1", From::Start))).await.unwrap().into_inner();
    for followed in [&mut all, &mut one] {
        while !matches!(next(followed).await, Content::CaughtUp(_)) {}
    }
    let mut batch = Batch::open(&running).await;
    running.shutdown.cancel();
    assert_eq!(failure(&mut all).await.code(), Code::Unavailable);
    assert_eq!(failure(&mut one).await.code(), Code::Unavailable);
    assert_eq!(batch.answers.message().await.unwrap_err().code(), Code::Unavailable);
    tokio::time::timeout(SOON, &mut running.serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn subscriptions_end_as_unavailable_when_the_store_stops() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mut followed = client.read(read(follow_all(From::Start))).await.unwrap().into_inner();
    assert!(matches!(next(&mut followed).await, Content::Confirmation(_)));
    running.store.shutdown().await;
    assert_eq!(failure(&mut followed).await.code(), Code::Unavailable);
    let status = append(&mut client, "orders-1", Expected::Any, [1]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test]
async fn appends_that_were_begun_are_answered_though_the_server_stops() {
    let running = Running::start().await;
    let appended = Appended { first_revision: 0, last_revision: 4, position: 5 };
    let store = Answering::new(&running, Ok(appended));
    let (address, shutdown, serving) = serve(store.clone(), Access::Insecure, None).await;
    let mut appending = client(address).await;
    let unary =
        tokio::spawn(async move { append(&mut appending, "orders-1", Expected::Any, [1]).await });
    store.begun.notified().await;
    let mut batching = client(address).await;
    let requests = futures_util::stream::iter([one(1, "orders-1", Expected::Any, [2])]);
    let mut answers = batching.batch_append(requests).await.unwrap().into_inner();
    let batch = tokio::spawn(async move { answers.message().await });
    store.begun.notified().await;
    shutdown.cancel();
    tokio::task::yield_now().await;
    store.go.notify_one();
    store.go.notify_one();
    // One permit is all that is kept: a second is given once the first is used.
    let again = store.clone();
    let letting = tokio::spawn(async move {
        loop {
            again.go.notify_one();
            tokio::task::yield_now().await;
        }
    });
    assert!(unary.await.unwrap().is_ok());
    assert!(batch.await.unwrap().unwrap().is_some());
    letting.abort();
    tokio::time::timeout(SOON, serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn an_unknown_outcome_is_never_said_as_a_no() {
    let running = Running::start().await;
    let unknown = AppendError::OutcomeUnknown("the connection was lost".into());
    let store = Answering::new(&running, Err(unknown));
    let (address, shutdown, _serving) = serve(store.clone(), Access::Insecure, None).await;
    let mut client = client(address).await;
    store.go.notify_one();
    let status = append(&mut client, "orders-1", Expected::NoStream, [1]).await.unwrap_err();
    assert_eq!((status.code(), trailer(&status, "exception")), (Code::Aborted, Some("timeout")));
    store.go.notify_one();
    let requests = futures_util::stream::iter([one(1, "orders-1", Expected::NoStream, [1])]);
    let mut answers = client.batch_append(requests).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    let timeout = "type.googleapis.com/event_store.client.Timeout";
    assert_eq!(failed(&answer), (i32::from(Code::DeadlineExceeded), "Timeout", Some(timeout)));
    shutdown.cancel();
}

#[tokio::test]
async fn a_busy_store_and_a_damaged_log_are_said_as_they_are() {
    let running = Running::start().await;
    let store = Answering::new(&running, Err(AppendError::Busy));
    let (address, shutdown, _serving) = serve(store.clone(), Access::Insecure, None).await;
    let mut client = client(address).await;
    store.go.notify_one();
    let status = append(&mut client, "orders-1", Expected::Any, [1]).await.unwrap_err();
    assert_eq!(
        (status.code(), trailer(&status, "exception")),
        (Code::Unavailable, Some("too-busy"))
    );
    let status = client.read(read(read_all(From::Start, 10))).await.unwrap_err();
    assert_eq!(status.code(), Code::DataLoss);
    assert!(status.message().contains("position 3"), "{}", status.message());
    shutdown.cancel();
}
