use std::sync::atomic::Ordering;

use bytes::Bytes;
use event_store::AppendError;
use eventstore_wire::Access;
use eventstore_wire::protocol::streams::read_resp::Content;

use crate::answering::Answering;
use crate::requests::{Expected, From, append, append_messages, proposed, read, read_stream, send};
use crate::support::{Running, all, client, next, serve};

#[tokio::test]
async fn a_reader_that_does_not_take_its_answer_makes_the_store_wait() {
    let running = Running::start().await;
    let mut filling = running.client().await;
    for round in 0..6_u128 {
        let events = (0..600)
            .map(|number| {
                proposed(round * 1_000 + number, "test.v1", Bytes::from(vec![b'x'; 8 * 1024]))
            })
            .collect();
        let messages = append_messages("large-1", Expected::Any, events);
        send(&mut filling, messages).await.unwrap();
    }
    let store = Answering::new(&running, Err(AppendError::Busy));
    let (address, shutdown, _serving) = serve(store.clone(), Access::Insecure, None).await;
    let mut slow = client(address).await;
    let request = read(read_stream("large-1", From::Start, u64::MAX));
    let mut answers = slow.read(request).await.unwrap().into_inner();
    assert!(matches!(next(&mut answers).await, Content::Event(_)));
    // Others are served meanwhile, which gives a server that runs ahead the time to do so.
    let mut other = client(address).await;
    for number in 0..50 {
        store.go.notify_one();
        append(&mut other, "orders-1", Expected::Any, [number]).await.unwrap_err();
    }
    let pages = store.pages.load(Ordering::SeqCst);
    assert!(pages <= 2, "{pages} of 8 pages were read for a client that took one event");
    assert_eq!(all(answers).await.len(), 3_600, "3,599 events, and where the stream ends");
    shutdown.cancel();
}
