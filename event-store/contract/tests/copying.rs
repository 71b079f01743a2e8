//! A log is moved from an engine to another, to a server, and back.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use contract::World;
use event_store::copy::{CopyError, CopyReport, copy};
use event_store::embedded::EmbeddedStore;
use event_store::{
    ContentType, EventStore, ExpectedRevision, Filter, METADATA_EVENT_TYPE, NewEvent, ReadError,
    RecordedEvent, StreamName, TOMBSTONE_EVENT_TYPE,
};
use eventstoredb::EventStoreDb;
use tempfile::TempDir;

mod served;

const EXACTLY: fn(u64) -> ExpectedRevision = ExpectedRevision::Exact;

fn engine() -> (TempDir, Arc<EmbeddedStore>) {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    (folder, store)
}

fn world(store: Arc<dyn EventStore>) -> World {
    World::new(store, 16 * 1024 * 1024, async {})
}

/// A log with a bit of everything.
async fn write(world: &World) {
    let store = &world.store;
    let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|name| world.stream(name));
    world.create(&a, 0..5).await;
    world.create(&b, 10..11).await;
    for n in 0..40 {
        world.fill(if n % 2 == 0 { &a } else { &b }, [100 + n]).await;
    }
    let binary = NewEvent {
        content_type: ContentType::Binary,
        data: vec![0, 0xff, 0xc3, 0x28].into(),
        metadata: vec![0x80].into(),
        event_type: "Ünïcode 🪑".into(),
        ..world.event(200)
    };
    store.append(&c, ExpectedRevision::NoStream, vec![binary]).await.unwrap();
    // Deleted, and written again: the store itself writes metadata then.
    store.delete(&c, EXACTLY(0)).await.unwrap();
    store.append(&c, ExpectedRevision::NoStream, world.events(201..203)).await.unwrap();
    // Deleted, and left so.
    world.create(&d, 210..213).await;
    store.delete(&d, EXACTLY(2)).await.unwrap();
    // Gone for ever, with events and without.
    world.create(&e, 220..223).await;
    store.tombstone(&e, EXACTLY(2)).await.unwrap();
    store.tombstone(&world.stream("never"), ExpectedRevision::NoStream).await.unwrap();
    let limit = NewEvent::json(world.id(300), METADATA_EVENT_TYPE, r#"{"$maxCount":3}"#, "");
    store.append(&a.metadata_stream(), ExpectedRevision::Any, vec![limit]).await.unwrap();
    // The store's own: not carried.
    let own = StreamName::parse_any("$persistentsubscription-x::y-checkpoint").unwrap();
    store.append(&own, ExpectedRevision::Any, world.events([400])).await.unwrap();
    // More than one append holds.
    for from in (1000..1900).step_by(300) {
        let long = world.stream("long");
        store.append(&long, ExpectedRevision::Any, world.events(from..from + 300)).await.unwrap();
    }
}

/// What a copy must keep: everything but the position and the time.
async fn kept(store: &dyn EventStore) -> Vec<RecordedEvent> {
    let (mut at, mut found) = (0, vec![]);
    loop {
        let page = store.read_all(at, &Filter::All, 300).await.unwrap();
        if page.events.is_empty() && page.scanned_to <= at {
            return found;
        }
        at = page.scanned_to;
        found.extend(page.events.into_iter().filter_map(|event| {
            let name = event.stream.as_str();
            let is_own = name.starts_with('$') && !name.starts_with("$$");
            let id = match &*event.event_type {
                TOMBSTONE_EVENT_TYPE => uuid::Uuid::nil(),
                _ => event.id,
            };
            (!is_own).then_some(RecordedEvent { id, position: 0, created: 0, ..event })
        }));
    }
}

async fn copied(from: &dyn EventStore, to: &dyn EventStore) -> CopyReport {
    let mut last = None;
    let report = copy(from, to, &mut |progress| last = Some(progress)).await.unwrap();
    let last = last.unwrap();
    assert_eq!(last.events, report.copied + report.already_there);
    assert!(last.position >= last.end, "it looked at everything there was");
    report
}

/// The same log, and it behaves the same.
async fn is_the_same(world: &World, to: Arc<dyn EventStore>) {
    assert_eq!(kept(&*world.store).await, kept(&*to).await);
    let a = to.read_stream(&world.stream("a"), 0, 99).await.unwrap();
    assert_eq!(a.len(), 3, "$maxCount is in force");
    let c = to.read_stream(&world.stream("c"), 0, 99).await.unwrap();
    assert_eq!(world.numbers(&c), [201, 202], "what was deleted before is hidden");
    let d = to.read_stream(&world.stream("d"), 0, 99).await;
    assert_eq!(d, Err(ReadError::StreamNotFound));
    for gone in ["e", "never"] {
        let read = to.read_stream(&world.stream(gone), 0, 99).await;
        assert_eq!(read, Err(ReadError::StreamDeleted));
    }
    assert_ne!(to.log_id(), world.store.log_id(), "a copy is another log");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_copied_to_another() {
    let ((_one, from), (_two, to)) = (engine(), engine());
    let world = world(from.clone());
    write(&world).await;
    let report = copied(&*from, &*to).await;
    assert_eq!((report.already_there, report.skipped, report.streams), (0, 1, 7));
    assert_eq!(report.copied, kept(&*from).await.len() as u64);
    is_the_same(&world, to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_is_copied_to_a_server_and_back() {
    let ((_one, from), (_two, back)) = (engine(), engine());
    let served = served::Served::start().await;
    let over_the_wire = EventStoreDb::connect(&served::url(served.address)).await.unwrap();
    let world = world(from.clone());
    write(&world).await;
    let there = copied(&*from, &*over_the_wire).await;
    is_the_same(&world, served.engine.clone()).await;
    is_the_same(&world, over_the_wire.clone()).await;
    let again = copied(&*over_the_wire, &*back).await;
    assert_eq!(again.copied, there.copied);
    is_the_same(&world, back).await;
    drop(over_the_wire);
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_brings_what_is_new_and_nothing_twice() {
    let ((_one, from), (_two, to)) = (engine(), engine());
    let world = world(from.clone());
    write(&world).await;
    let first = copied(&*from, &*to).await;
    let again = copied(&*from, &*to).await;
    assert_eq!((again.copied, again.already_there), (0, first.copied));
    // The new events follow the last copied one in its stream.
    world.fill(&world.stream("long"), 5000..5003).await;
    world.fill(&world.stream("a"), [5003]).await;
    let more = copied(&*from, &*to).await;
    assert_eq!((more.copied, more.already_there), (4, first.copied));
    is_the_same(&world, to).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_is_not_copied_over() {
    let ((_one, from), (_two, to)) = (engine(), engine());
    let (ours, theirs) = (world(from.clone()), world(to.clone()));
    ours.create(&ours.stream("a"), 0..3).await;
    theirs.create(&theirs.stream("b"), 0..1).await;
    let before = kept(&*to).await;
    let refused = copy(&*from, &*to, &mut |_| {}).await;
    let stream = theirs.stream("b").to_string();
    assert_eq!(refused, Err(CopyError::OtherLog { stream, revision: 0 }));
    assert_eq!(kept(&*to).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_has_gone_on_by_itself_is_refused() {
    let ((_one, from), (_two, to)) = (engine(), engine());
    let (ours, theirs) = (world(from.clone()), world(to.clone()));
    ours.create(&ours.stream("a"), 0..3).await;
    copied(&*from, &*to).await;
    theirs.create(&theirs.stream("b"), 0..1).await;
    let refused = copy(&*from, &*to, &mut |_| {}).await;
    assert!(matches!(refused, Err(CopyError::OtherLog { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_scavenged_events_is_refused_and_the_stream_is_named() {
    let ((_one, from), (_two, to)) = (engine(), engine());
    let world = world(from.clone());
    let name = world.stream("a");
    world.create(&name, 0..5).await;
    let limit = NewEvent::json(world.id(9), METADATA_EVENT_TYPE, r#"{"$maxCount":2}"#, "");
    from.append(&name.metadata_stream(), ExpectedRevision::Any, vec![limit]).await.unwrap();
    from.scavenge().await.unwrap();
    let refused = copy(&*from, &*to, &mut |_| {}).await;
    let error = refused.unwrap_err();
    let stream = name.to_string();
    assert_eq!(error, CopyError::Scavenged { stream: stream.clone(), expected: 0, found: 3 });
    assert!(error.to_string().contains(&stream));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_whose_stream_is_scavenged_whole_is_refused() {
    let ((_one, from), (_two, to)) = (engine(), engine());
    let world = world(from.clone());
    world.create(&world.stream("a"), 0..5).await;
    from.delete(&world.stream("a"), EXACTLY(4)).await.unwrap();
    from.scavenge().await.unwrap();
    let refused = copy(&*from, &*to, &mut |_| {}).await;
    assert!(matches!(refused, Err(CopyError::Emptied { events: 5, .. })), "{refused:?}");
}
