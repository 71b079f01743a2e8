//! What the chain over a stream promises.

use std::collections::BTreeSet;

use eventstore_schema::{EventHash, InvalidHash, Link, event_id};
use proptest::prelude::*;
use uuid::Uuid;

const LINK: Link<'_> = Link {
    stream: "payment-1",
    revision: 3,
    id: Uuid::from_u128(7),
    event_type: "payment.voided.v1",
    data: b"{}",
    metadata: b"{\"envelope_version\":1}",
};

fn all_differ(hashes: &[EventHash]) -> bool {
    hashes.iter().map(|hash| hash.0).collect::<BTreeSet<_>>().len() == hashes.len()
}

#[test]
fn another_part_is_another_hash() {
    let links = [
        LINK,
        Link { stream: "payment-2", ..LINK },
        Link { revision: 4, ..LINK },
        Link { id: Uuid::from_u128(8), ..LINK },
        Link { event_type: "payment.voided.v2", ..LINK },
        Link { data: b"{ }", ..LINK },
        Link { metadata: b"{\"envelope_version\":2}", ..LINK },
    ];
    assert!(all_differ(&links.map(|link| link.hash())));
    assert_eq!(LINK.hash(), Link { ..LINK }.hash());
}

proptest! {
    #[test]
    fn a_byte_moved_from_one_part_to_the_next_is_another_hash(
        text in "[a-z]{2,20}", at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(text.len());
        let (left, right) = text.split_at(at);
        let (more, less) = text.split_at(at + 1);
        let bytes = str::as_bytes;
        let event_types = [
            Link { event_type: left, data: bytes(right), ..LINK }.hash(),
            Link { event_type: more, data: bytes(less), ..LINK }.hash(),
        ];
        prop_assert!(all_differ(&event_types));
        let data = [
            Link { data: bytes(left), metadata: bytes(right), ..LINK }.hash(),
            Link { data: bytes(more), metadata: bytes(less), ..LINK }.hash(),
        ];
        prop_assert!(all_differ(&data));
    }

    #[test]
    fn a_changed_byte_is_another_hash(data: Vec<u8>, at: prop::sample::Index, flip in 1..=255_u8) {
        prop_assume!(!data.is_empty());
        let mut changed = data.clone();
        changed[at.index(data.len())] ^= flip;
        let hash = |data: &[u8]| Link { data, ..LINK }.hash();
        prop_assert_ne!(hash(&data), hash(&changed));
    }

    #[test]
    fn a_hash_reads_as_it_was_written(bytes: [u8; 32]) {
        let hash = EventHash(bytes);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        let json = serde_json::to_string(&hash).unwrap();
        prop_assert_eq!(serde_json::from_str::<EventHash>(&json).unwrap(), hash);
    }
}

#[test]
fn what_is_no_hash_is_refused() {
    let good = LINK.hash().to_string();
    for wrong in ["", "00", &good[1..], &format!("{good}0"), &good.replacen(&good[..1], "g", 1)] {
        assert_eq!(wrong.parse::<EventHash>(), Err(InvalidHash), "{wrong}");
    }
}

#[test]
fn an_event_s_id_is_that_of_its_command_place_and_content() {
    let command = Uuid::from_u128(1);
    let id = || event_id(command, "hold-1", 2, 0, "hold.expired.v1", b"{}");
    let ids = BTreeSet::from([
        id(),
        event_id(Uuid::from_u128(2), "hold-1", 2, 0, "hold.expired.v1", b"{}"),
        event_id(command, "hold-2", 2, 0, "hold.expired.v1", b"{}"),
        event_id(command, "hold-1", 3, 0, "hold.expired.v1", b"{}"),
        event_id(command, "hold-1", 2, 1, "hold.expired.v1", b"{}"),
        event_id(command, "hold-1", 2, 0, "hold.released.v1", b"{}"),
        event_id(command, "hold-1", 2, 0, "hold.expired.v1", b"{ }"),
    ]);
    assert_eq!(ids.len(), 7);
    assert_eq!(id(), id());
}
