use bytes::Bytes;
use eventstore_wire::limits::MAX_APPEND_BYTES;
use eventstore_wire::protocol::streams::append_resp::Result as Outcome;
use tonic::{Code, Status};

use crate::batches::{Batch, failure as failed, one, proposed as batched};
use crate::requests::{
    Expected, From, append_messages, follow_all, number_of, proposed, read, read_stream, send,
};
use crate::support::{Running, SOON, all, event, events, next, trailer};

const KIND: &str = "test.large.v1";

fn assert_too_large(status: &Status) {
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(trailer(status, "exception"), Some("maximum-append-size-exceeded"));
    assert_eq!(trailer(status, "maximum-append-size"), Some("16777216"));
}

#[tokio::test]
async fn the_largest_event_is_appended_read_and_followed() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mut event_ = proposed(1, KIND, Bytes::new());
    event_.data = vec![b'x'; MAX_APPEND_BYTES - KIND.len() - event_.custom_metadata.len()].into();
    let largest = event_.data.clone();
    let messages = append_messages("large-1", Expected::NoStream, vec![event_]);
    assert!(matches!(send(&mut client, messages).await.unwrap(), Outcome::Success(_)));
    let answer = client.read(read(read_stream("large-1", From::Start, 1))).await.unwrap();
    assert_eq!(events(all(answer.into_inner()).await)[0].data, largest);
    let mut followed = client.read(read(follow_all(From::Start))).await.unwrap().into_inner();
    next(&mut followed).await;
    assert_eq!(event(next(&mut followed).await).data, largest);
}

#[tokio::test]
async fn a_larger_append_is_refused_by_name_in_one_event_or_in_many() {
    let running = Running::start().await;
    let mut client = running.client().await;
    let mebibytes = |count: usize| Bytes::from(vec![b'x'; count * 1024 * 1024]);
    for parts in [vec![mebibytes(16)], vec![mebibytes(9), mebibytes(8)], vec![mebibytes(24)]] {
        let numbered = (1..).zip(parts);
        let parts = numbered.map(|(number, data)| proposed(number, KIND, data)).collect();
        let messages = append_messages("large-1", Expected::Any, parts);
        assert_too_large(&send(&mut client, messages).await.unwrap_err());
    }
    assert_eq!(running.store_head().await, 0, "nothing of it was appended");
}

#[tokio::test]
async fn a_larger_batch_append_is_refused_in_its_answer_and_the_call_goes_on() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    let data = Bytes::from(vec![b'x'; 9 * 1024 * 1024]);
    let mut first = one(1, "large-1", Expected::Any, []);
    first.proposed_messages = vec![batched(1, data.clone())];
    first.is_final = false;
    let mut second = one(1, "large-1", Expected::Any, []);
    second.proposed_messages = vec![batched(2, data)];
    second.options = None;
    batch.requests.send(first).unwrap();
    batch.requests.send(second).unwrap();
    batch.requests.send(one(2, "large-1", Expected::NoStream, [3])).unwrap();
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let answer = tokio::time::timeout(SOON, batch.answers.message()).await.unwrap();
        answers.push(answer.unwrap().unwrap());
    }
    answers.sort_by_key(|answer| number_of(answer.correlation_id.as_ref()));
    let detail = "type.googleapis.com/event_store.client.MaximumAppendSizeExceeded";
    assert_eq!(
        failed(&answers[0]),
        (i32::from(Code::InvalidArgument), "MaximumAppendSizeExceeded", Some(detail))
    );
    assert!(matches!(
        answers[1].result,
        Some(eventstore_wire::protocol::streams::batch_append_resp::Result::Success(_))
    ));
}

#[tokio::test]
async fn a_message_beyond_every_limit_ends_the_batch_call_by_name() {
    let running = Running::start().await;
    let mut batch = Batch::open(&running).await;
    let mut huge = one(1, "large-1", Expected::Any, []);
    huge.proposed_messages = vec![batched(1, vec![b'x'; 24 * 1024 * 1024])];
    batch.requests.send(huge).unwrap();
    let ended = tokio::time::timeout(SOON, batch.answers.message()).await.unwrap();
    assert_too_large(&ended.unwrap_err());
}
