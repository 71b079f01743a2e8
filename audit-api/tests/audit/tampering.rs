use std::sync::Arc;

use async_trait::async_trait;
use audit_api::{ReplayError, VerifyReport, replay, verify};
use bytes::Bytes;
use event_store::embedded::EmbeddedStore;
use event_store::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};
use uuid::Uuid;

use crate::support::*;

type Change = fn(&mut Vec<RecordedEvent>);

/// The engine's log, after someone was at its file with the checksums made right again.
struct Tampered {
    inner: Arc<EmbeddedStore>,
    change: Change,
}

#[async_trait]
impl EventStore for Tampered {
    async fn append(
        &self,
        _: &StreamName,
        _: ExpectedRevision,
        _: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        Err(AppendError::Unavailable("for reading".into()))
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        self.inner.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        self.inner.tombstone(stream, expected).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let mut events = self.read_all(0, &Filter::All, 10_000).await?.events;
        events.retain(|event| event.stream == *stream && event.revision >= from);
        events.truncate(max);
        Ok(events)
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.inner.read_stream_backwards(stream, from, max).await
    }

    async fn read_all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let mut page = self.inner.read_all(after, filter, max).await?;
        (self.change)(&mut page.events);
        Ok(page)
    }

    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.inner.read_all_backwards(before, filter, max).await
    }

    fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        self.inner.subscribe(filter, after)
    }

    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription {
        self.inner.subscribe_to_stream(stream, after)
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.inner.head().await
    }

    fn log_id(&self) -> Uuid {
        self.inner.log_id()
    }

    fn is_sole_writer(&self) -> bool {
        false
    }

    fn has_gapless_positions(&self) -> bool {
        true
    }
}

fn swap(bytes: &Bytes, from: &str, to: &str) -> Bytes {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into()
}

/// Where an event of this type stands.
fn index(events: &[RecordedEvent], event_type: &str) -> usize {
    events.iter().position(|event| &*event.event_type == event_type).unwrap()
}

async fn verified(inner: &Arc<EmbeddedStore>, change: Change) -> VerifyReport {
    let tampered = Tampered { inner: inner.clone(), change };
    verify(&tampered, None, |_, _| {}).await.unwrap()
}

#[tokio::test]
async fn an_untouched_log_is_clean() {
    let world = World::with_a_sale().await;
    let mut progress = Vec::new();
    let report = verify(&*world.store, None, |at, head| progress.push((at, head))).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!((report.events, report.streams, report.position), (10, 3, 10));
    assert_eq!((report.seats.checked, report.money.checked, report.under_way), (1, 1, 0));
    assert_eq!(progress.last(), Some(&(10, 10)));
    let same = verified(&world.store, |_| {}).await;
    assert_eq!(same.digest, report.digest);
}

#[tokio::test]
async fn every_kind_of_tampering_is_found() {
    let world = World::with_a_sale().await;
    let kinds: [(&str, Change); 10] = [
        ("data in the middle of a stream", |events| {
            let index = index(events, "booking.begun.v1");
            events[index].data = swap(&events[index].data, "K7M2QX", "AAAAAA");
        }),
        ("data at the end of a stream", |events| {
            let index = index(events, "booking.confirmed.v1");
            events[index].data = swap(&events[index].data, "40Z", "41Z");
        }),
        ("an actor", |events| {
            let index = index(events, "payment.started.v1");
            events[index].metadata = swap(&events[index].metadata, "customer-7", "customer-8");
        }),
        ("a recording time", |events| {
            let index = index(events, "seat_inventory.seats_held.v1");
            events[index].metadata = swap(&events[index].metadata, "10Z", "11Z");
        }),
        ("a removed event", |events| {
            let index = index(events, "booking.payment_started.v1");
            events.remove(index);
        }),
        ("a removed event, with the numbers closed up", |events| {
            let index = index(events, "booking.payment_started.v1");
            let stream = events.remove(index).stream;
            for event in &mut events[index..] {
                event.position -= 1;
                event.revision -= u64::from(event.stream == stream);
            }
        }),
        ("two events in each other's place", |events| {
            let (a, b) =
                (index(events, "payment.started.v1"), index(events, "payment.captured.v1"));
            let (first, second) = (events[a].clone(), events[b].clone());
            (events[a].data, events[a].metadata) = (second.data, second.metadata);
            (events[b].data, events[b].metadata) = (first.data, first.metadata);
        }),
        ("another predecessor", |events| {
            let index = index(events, "booking.confirmed.v1");
            events[index].metadata =
                swap(&events[index].metadata, "\"prev\":\"", "\"prev\":\"0123").slice(..);
        }),
        ("another id", |events| events[4].id = Uuid::from_u128(99)),
        ("an event that was moved to another stream", |events| {
            let index = index(events, "booking.confirmed.v1");
            events[index].stream = payment_stream(1);
            events[index].revision = 4;
        }),
    ];
    for (kind, change) in kinds {
        let report = verified(&world.store, change).await;
        assert!(!report.is_clean(), "{kind}");
        assert!(report.chain.total > 0, "{kind}: {report:#?}");
    }
}

#[tokio::test]
async fn streams_that_are_not_ours_are_only_counted() {
    let world = World::with_a_sale().await;
    let foreign = NewEvent::json(Uuid::from_u128(7), "noted", "not even JSON", "");
    let notes = StreamName::parse_any("$notes").unwrap();
    world.store.append(&notes, ExpectedRevision::Any, vec![foreign]).await.unwrap();
    world.sell(2, "1B").await;
    let report = verify(&*world.store, None, |_, _| {}).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(report.foreign_events, 1);
}

#[tokio::test]
async fn a_replay_refuses_a_broken_stream() {
    let world = World::with_a_sale().await;
    let change: Change = |events| {
        let index = index(events, "booking.begun.v1");
        events[index].data = swap(&events[index].data, "K7M2QX", "AAAAAA");
    };
    let tampered = Tampered { inner: world.store.clone(), change };
    let refused = replay(&tampered, &booking_stream(1), None).await.unwrap_err();
    assert!(matches!(refused, ReplayError::Broken { revision: 1, .. }), "{refused}");
}

#[tokio::test]
async fn an_anchor_shows_what_no_chain_shows() {
    let world = World::with_a_sale().await;
    let earlier = verify(&*world.store, None, |_, _| {}).await.unwrap().to_anchor();
    world.sell(2, "1B").await;
    let grown = verify(&*world.store, Some(&earlier), |_, _| {}).await.unwrap();
    assert!(grown.is_clean(), "{grown:#?}");
    let now = grown.to_anchor();

    // The recording time of a stream's last event is in no other event's hash.
    let change: Change = |events| {
        let index = index(events, "booking.confirmed.v1");
        events[index].metadata = swap(&events[index].metadata, "40Z", "39Z");
    };
    let tampered = Tampered { inner: world.store.clone(), change };
    let unnoticed = verify(&tampered, None, |_, _| {}).await.unwrap();
    assert!(unnoticed.is_clean(), "{unnoticed:#?}");
    let noticed = verify(&tampered, Some(&earlier), |_, _| {}).await.unwrap();
    assert!(!noticed.is_clean());

    // A cut tail: an older copy of the log.
    let older = World::with_a_sale().await;
    let cut = verify(&*older.store, Some(&now), |_, _| {}).await.unwrap();
    assert!(!cut.is_clean());
    assert_eq!(cut.anchor.unwrap().found, None);
}
