//! probe
#![allow(clippy::all, missing_docs)]
use std::sync::Arc;
use event_store::embedded::EmbeddedStore;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use eventstore_schema::{Actor, Metadata, StoredEvent, event_id};
use domain::seat_inventory::{Event, Layout, Section};
use domain::OfferingId;
use uuid::Uuid;
fn rss() -> String { std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ") }
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probe() {
    let n: u128 = 700_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let store = tokio::task::spawn_blocking(move || EmbeddedStore::open(&path).unwrap()).await.unwrap();
    let t0 = domain::Instant::from_timestamp(1_800_000_000, 0).unwrap();
    let section = |name: &str, a, b| Section { name: name.into(), price_class: name.into(), first_row: a, last_row: b, columns: "ABC-DEF".into(), exit_rows: vec![18,19], absent: vec![] };
    let layout = Arc::new(Layout { rule: 1, sections: vec![section("first",1,4), section("economy",5,31)], blocked: vec![] });
    let start = std::time::Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for i in 0..n {
        let store = store.clone(); let layout = layout.clone();
        set.spawn(async move {
            let id = OfferingId(Uuid::new_v5(&Uuid::nil(), &i.to_be_bytes()));
            let stream = StreamName::of("seat_inventory", id);
            let e = Event::Opened { offering_id: id, layout, sales_close_at: t0, starts_at: t0, price_source: format!("flight-{id}"), at: t0 };
            let data = e.encode();
            let cid = Uuid::new_v5(&Uuid::nil(), b"c");
            let md = Metadata { correlation_id: cid, causation_id: cid, command_id: cid, actor: Actor { role: "operator".into(), subject: "import".into() }, envelope_version: 1, recorded_at: t0, prev: None, request_fingerprint: None }.encode();
            let eid = event_id(cid, stream.as_str(), 0, 0, e.event_type(), &data);
            store.append(&stream, ExpectedRevision::NoStream, vec![NewEvent { id: eid, event_type: e.event_type().into(), data: data.into(), metadata: md.into() }]).await.unwrap();
        });
        while set.len() > 2000 { set.join_next().await; }
    }
    while set.join_next().await.is_some() {}
    println!("appended {:?} {}", start.elapsed(), rss());
    let start = std::time::Instant::now();
    let r = audit_api::verify(&*store, None, |_, _| {}).await.unwrap();
    println!("verified {} events {} streams clean={} in {:?} {}", r.events, r.streams, r.is_clean(), start.elapsed(), rss());
}
