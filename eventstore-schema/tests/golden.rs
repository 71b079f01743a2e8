//! The golden files hold what was once written, and so must be read for ever. They are only ever
//! added: `HOLDFAST_NEW_GOLDEN=1` writes the ones that are missing and touches no other.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod samples;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use eventstore_schema::{
    Actor, CATEGORIES, EVENT_TYPES, EventHash, Link, Metadata, decode_any, event_id,
};
use uuid::Uuid;

/// Golden files that are of no event type: the envelope and the chain.
const OTHERS: [&str; 2] = ["chain.v1", "metadata.v1"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// What the golden file says, without the newline it ends with.
fn golden(name: &str, now_written: &[u8]) -> Vec<u8> {
    let path = folder().join(format!("{name}.json"));
    if !path.exists() {
        let wanted = std::env::var_os("HOLDFAST_NEW_GOLDEN").is_some_and(|value| value == "1");
        assert!(wanted, "{name} has no golden file: HOLDFAST_NEW_GOLDEN=1 writes it");
        fs::create_dir_all(folder()).unwrap();
        let mut file = fs::File::create_new(&path).unwrap();
        file.write_all(&[now_written, b"\n"].concat()).unwrap();
    }
    let mut bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.pop(), Some(b'\n'), "{name} ends with a newline");
    bytes
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn what_was_written_is_read_and_is_still_what_is_written() {
    for sample in samples::all() {
        let stored = golden(sample.event_type, &sample.json);
        assert_eq!(decode_any(sample.event_type, &stored).unwrap(), sample.event);
        assert_eq!(text(&sample.json), text(&stored), "{}", sample.event_type);
    }
}

#[test]
fn every_type_has_a_sample_and_a_golden_file_and_every_golden_file_a_type() {
    let types: BTreeSet<&str> = EVENT_TYPES.iter().copied().collect();
    assert_eq!(types.len(), EVENT_TYPES.len(), "a type string stands twice");
    let samples = samples::all();
    assert_eq!(samples.iter().map(|sample| sample.event_type).collect::<BTreeSet<_>>(), types);
    for sample in &samples {
        golden(sample.event_type, &sample.json);
    }
    golden_metadata();
    golden_chain();

    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> =
        types.into_iter().chain(OTHERS).map(|name| format!("{name}.json")).collect();
    assert_eq!(files, expected);
}

#[test]
fn a_type_string_is_its_category_then_what_happened_then_a_version() {
    for event_type in EVENT_TYPES {
        let [category, event, version] = event_type.split('.').collect::<Vec<_>>()[..] else {
            panic!("{event_type} has not three parts");
        };
        assert!(CATEGORIES.contains(&category), "{event_type}");
        assert!(event.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
        assert!(version.strip_prefix('v').unwrap().parse::<u16>().unwrap() >= 1, "{event_type}");
    }
    for category in CATEGORIES {
        assert!(
            EVENT_TYPES.iter().any(|event_type| event_type.split('.').next() == Some(category))
        );
    }
}

fn metadata() -> Metadata {
    Metadata {
        correlation_id: Uuid::from_u128(0xc0),
        causation_id: Uuid::from_u128(0xca),
        command_id: Uuid::from_u128(0xcd),
        actor: Actor { role: "customer".to_owned(), subject: "customer-7".to_owned() },
        envelope_version: 1,
        recorded_at: "2012-12-31T12:00:00.123456789Z".parse().unwrap(),
        prev: Some(EventHash(std::array::from_fn(|index| u8::try_from(index).unwrap()))),
        request_fingerprint: Some("4f1d".to_owned()),
    }
}

fn golden_metadata() -> Vec<u8> {
    golden("metadata.v1", &metadata().encode())
}

#[test]
fn the_envelope_is_read_and_is_still_what_is_written() {
    let stored = golden_metadata();
    assert_eq!(Metadata::decode(&stored).unwrap(), metadata());
    assert_eq!(text(&metadata().encode()), text(&stored));
}

/// The id and the hash of one fixed event, computed here.
fn chain() -> Vec<u8> {
    let (stream, revision) = ("payment-fa100000-0000-5000-8000-000000000001", 3);
    let (event_type, data) = ("payment.voided.v1", br#"{"at":"2012-12-31T12:00:00Z"}"#);
    let id = event_id(Uuid::from_u128(0xcd), stream, revision, 0, event_type, data);
    let metadata = br#"{"envelope_version":1}"#;
    let hash = Link { stream, revision, id, event_type, data, metadata }.hash();
    format!(r#"{{"event_id":"{id}","hash":"{hash}"}}"#).into_bytes()
}

fn golden_chain() -> Vec<u8> {
    golden("chain.v1", &chain())
}

#[test]
fn the_same_event_has_the_same_id_and_hash_for_ever() {
    assert_eq!(text(&chain()), text(&golden_chain()));
}
