//! Figures for whoever reads the run; nothing here is promised.

use std::time::Instant;

use eventstore_wire::protocol::streams::batch_append_resp::Result as Outcome;
use eventstore_wire::protocol::streams::streams_client::StreamsClient;
use tonic::transport::Channel;

use crate::batches::{Batch, one};
use crate::requests::{Expected, From, append, read, read_stream};
use crate::support::{Running, all};

/// As the Rust clients connect: with Nagle's algorithm on.
#[tokio::test]
async fn a_call_of_a_client_that_leaves_nagle_on_is_timed() {
    let running = Running::start().await;
    let channel = Channel::from_shared(format!("http://{}", running.address))
        .unwrap()
        .tcp_nodelay(false)
        .connect()
        .await
        .unwrap();
    let mut client = StreamsClient::new(channel);
    let calls = 50_u32;
    let begun = Instant::now();
    for number in 0..calls {
        append(&mut client, "orders-1", Expected::Any, [number.into()]).await.unwrap();
    }
    let appends = begun.elapsed() / calls;
    let begun = Instant::now();
    for _ in 0..calls {
        let answer = client.read(read(read_stream("orders-1", From::Start, 10))).await.unwrap();
        assert_eq!(all(answer.into_inner()).await.len(), 11);
    }
    println!("an append takes {appends:?}, a read {:?}", begun.elapsed() / calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batch_appends_of_64_clients_are_timed() {
    let running = Running::start().await;
    let mut clients = Vec::new();
    for _ in 0..64 {
        clients.push(Batch::open(&running).await);
    }
    let each = 50_u128;
    let begun = Instant::now();
    let appending = (0..).zip(clients).map(|(client, mut batch): (u128, _)| {
        tokio::spawn(async move {
            let stream = format!("orders-{client}");
            for number in 0..each {
                let id = client * 1_000 + number;
                let at = match number {
                    0 => Expected::NoStream,
                    _ => Expected::Exact(u64::try_from(number).unwrap() - 1),
                };
                batch.requests.send(one(id, &stream, at, [id])).unwrap();
                let answer = batch.answers.message().await.unwrap().unwrap();
                assert!(matches!(answer.result, Some(Outcome::Success(_))));
            }
        })
    });
    for done in futures_util::future::join_all(appending).await {
        done.unwrap();
    }
    let took = begun.elapsed();
    println!("{} appends of 64 clients take {took:?}", 64 * each);
    assert_eq!(u128::from(running.store_head().await), 64 * each);
}
