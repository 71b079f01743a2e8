use bytes::Bytes;
use event_store::{
    AppendError, ContentType, ExpectedRevision, NewEvent, RecordedEvent, StreamName,
};

use crate::World;

/// The engine's limit, which is the most any store here takes.
const MOST: usize = 16 * 1024 * 1024;

async fn back(world: &World, event: NewEvent) -> RecordedEvent {
    let name = world.stream("a");
    world.store.append(&name, ExpectedRevision::Any, vec![event.clone()]).await.unwrap();
    let mut last = world.store.read_stream_backwards(&name, None, 1).await.unwrap();
    let read = last.remove(0);
    assert_eq!((read.id, &read.event_type), (event.id, &event.event_type));
    assert_eq!(read.content_type, event.content_type);
    assert!(read.data == event.data, "the data is byte for byte what was sent");
    assert!(read.metadata == event.metadata, "the metadata is byte for byte what was sent");
    read
}

fn every_byte() -> Bytes {
    (0..=255).chain([0, 0xff, 0xc3, 0x28]).collect::<Vec<u8>>().into()
}

pub async fn bytes_that_are_no_text_are_kept(world: &World) {
    let content_type = ContentType::Binary;
    let (data, metadata) = (every_byte(), every_byte().slice(128..));
    back(world, NewEvent { content_type, data, metadata, ..world.event(0) }).await;
}

pub async fn json_is_kept_byte_for_byte(world: &World) {
    for (n, text) in (0..).zip([" { \"b\" : 1.50,\n\"a\":\"\\u00e9é\" }\n", "[1e3]", "null"]) {
        let data = Bytes::from_static(text.as_bytes());
        back(world, NewEvent { data: data.clone(), metadata: data, ..world.event(n) }).await;
    }
}

pub async fn nothing_at_all_is_kept(world: &World) {
    for (n, content_type) in [(0, ContentType::Json), (1, ContentType::Binary)] {
        let (data, metadata) = (Bytes::new(), Bytes::new());
        back(world, NewEvent { content_type, data, metadata, ..world.event(n) }).await;
    }
}

fn large(world: &World, n: u32, bytes: usize) -> NewEvent {
    // 251 is prime, so that no page of it looks like another.
    let data: Vec<u8> = (0..=250).cycle().take(bytes).collect();
    NewEvent { content_type: ContentType::Binary, data: data.into(), ..world.event(n) }
}

pub async fn a_large_event_is_kept(world: &World) {
    back(world, large(world, 0, world.limit.min(1024 * 1024))).await;
}

pub async fn an_append_just_under_the_limit_is_taken(world: &World) {
    // Room for types, metadata and what surrounds them on the wire.
    back(world, large(world, 0, world.limit - 64 * 1024)).await;
    let events = (1..5).map(|n| large(world, n, world.limit / 4 - 16 * 1024)).collect();
    let name = world.stream("b");
    let appended = world.store.append(&name, ExpectedRevision::NoStream, events).await.unwrap();
    assert_eq!(appended.last_revision, 3);
}

pub async fn an_append_over_the_limit_is_refused(world: &World) {
    let name = world.stream("a");
    let one = vec![large(world, 0, MOST + 1)];
    let several = (1..5).map(|n| large(world, n, MOST / 4)).collect();
    for events in [one, several] {
        let answer = world.store.append(&name, ExpectedRevision::Any, events).await;
        assert!(matches!(answer, Err(AppendError::TooLarge { .. })), "{answer:?}");
    }
    // The store goes on as if nothing had been.
    assert_eq!(world.create(&name, [9]).await.first_revision, 0);
}

async fn name_is_kept(world: &World, n: u32, name: &str) {
    let stream = StreamName::parse_any(name).unwrap();
    let event = NewEvent { event_type: name.into(), ..world.event(n) };
    let before = world.head().await;
    let appended =
        world.store.append(&stream, ExpectedRevision::NoStream, vec![event]).await.unwrap();
    let read = world.read(&stream).await;
    assert_eq!((&*read[0].event_type, &read[0].stream), (name, &stream));
    let log = world.log(before, &event_store::Filter::All, appended.position).await;
    let in_log = log.iter().find(|event| event.id == read[0].id).unwrap();
    assert_eq!(in_log, &read[0]);
}

pub async fn names_from_all_scripts_are_kept(world: &World) {
    for (n, name) in
        (0..).zip(["Straße", "注文", "заказ", "🪑 seat", "with space", "a'b\"c;--", "a%2F/b?c=d"])
    {
        name_is_kept(world, n, &format!("{}-{name}", world.category("a"))).await;
    }
}

pub async fn long_names_and_names_without_a_hyphen_are_kept(world: &World) {
    name_is_kept(world, 0, &world.category("nohyphen")).await;
    for (n, bytes) in [(1, StreamName::MAX_BYTES), (2, StreamName::MAX_FOREIGN_BYTES)] {
        let mut name = format!("{}-", world.category("a"));
        name.extend(std::iter::repeat_n('x', bytes - name.len()));
        name_is_kept(world, n, &name).await;
    }
}
