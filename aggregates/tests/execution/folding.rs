use aggregates::{Created, ExecuteError, LoadError, create};
use domain::OfferingId;
use domain::seat_inventory::SeatInventoryDecider;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use uuid::Uuid;

use crate::fixtures::{Executed, Fixture, context, hold, open};

async fn append_raw(fixture: &Fixture, offering: OfferingId, event_type: &str, data: &str) {
    let stream = StreamName::of("seat_inventory", offering);
    let last = fixture.store.read_stream_backwards(&stream, None, 1).await.unwrap();
    // The last event's own envelope: its `prev` does not name that event.
    let envelope = last[0].metadata.clone();
    let event = NewEvent::json(Uuid::from_u128(9), event_type, data.to_owned(), envelope);
    let expected = ExpectedRevision::Exact(last[0].revision);
    fixture.store.append(&stream, expected, vec![event]).await.unwrap();
}

fn is_unreadable(outcome: &Executed, words: &str) -> bool {
    matches!(
        outcome,
        Err(ExecuteError::Load(LoadError::Unreadable { reason, .. })) if reason.contains(words)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_meets_an_event_it_does_not_know_fails_closed() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let node = &fixture.node.seat_inventories;
    node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
    append_raw(&fixture, offering, "seat_inventory.seats_painted.v1", "{}").await;
    let other = fixture.another_node();
    let outcome =
        other.seat_inventories.execute(offering, hold(101, "b", &["2A"]), context(101)).await;
    assert!(
        matches!(outcome, Err(ExecuteError::Load(LoadError::Unreadable { revision: 2, .. }))),
        "{outcome:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_meets_an_event_out_of_the_chain_fails_closed() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let stream = StreamName::of("seat_inventory", offering);
    let first = fixture.store.read_stream(&stream, 0, 1).await.unwrap();
    let data = String::from_utf8(first[0].data.to_vec()).unwrap();
    append_raw(&fixture, offering, "seat_inventory.opened.v1", &data).await;
    let node = &fixture.node.seat_inventories;
    let outcome = node.execute(offering, hold(101, "b", &["2A"]), context(101)).await;
    assert!(is_unreadable(&outcome, "does not follow"), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_remembered_of_a_stream_that_does_not_exist() {
    let fixture = Fixture::new();
    let offering = OfferingId(Uuid::from_u128(77));
    let node = &fixture.node.seat_inventories;
    assert_eq!(node.load(offering).await.unwrap().revision, None);
    // Created behind the mailbox's back, as an import does.
    let store: &dyn EventStore = fixture.store.as_ref();
    let created =
        create::<SeatInventoryDecider>(store, offering, open(offering), &context(1)).await;
    assert!(matches!(created, Ok(Created::New { position: 1 })), "{created:?}");
    node.execute(offering, hold(100, "a", &["1A"]), context(100)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_twice_creates_once_and_differently_is_refused() {
    let fixture = Fixture::new();
    let offering = OfferingId(Uuid::from_u128(77));
    let store: &dyn EventStore = fixture.store.as_ref();
    let again = |command, number| async move {
        create::<SeatInventoryDecider>(store, offering, command, &context(number)).await
    };
    again(open(offering), 1).await.unwrap();
    let same = again(open(offering), 2).await.unwrap();
    assert_eq!(same, Created::Unchanged { position: 1 });
    let mut other = open(offering);
    if let domain::seat_inventory::Command::Open { starts_at, .. } = &mut other {
        *starts_at = crate::fixtures::at(2_000_000);
    }
    assert!(matches!(again(other, 3).await, Err(ExecuteError::Rejected(_))));
    assert_eq!(store.head().await, Ok(1));
}
