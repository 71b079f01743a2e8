//! How layouts are stored and shared.

use std::sync::Arc;

use domain::flight::cabins;
use domain::seat_inventory::{Event, Layout};
use eventstore_schema::{DecodeError, StoredEvent};
use serde_json::{Value, json};
use uuid::Uuid;

const OPENED: &str = "seat_inventory.opened.v1";

fn opened(offering: u128, layout: Layout) -> Vec<u8> {
    let offering_id = domain::OfferingId(Uuid::from_u128(offering));
    let at = "2013-01-02T09:30:00Z".parse().unwrap();
    Event::Opened {
        offering_id,
        layout: Arc::new(layout),
        sales_close_at: at,
        starts_at: at,
        price_source: format!("flight-{offering_id}"),
        at,
    }
    .encode()
}

fn layout_of(json: &[u8]) -> Arc<Layout> {
    match Event::decode(OPENED, json).unwrap() {
        Event::Opened { layout, .. } => layout,
        other => panic!("{other:?}"),
    }
}

#[test]
fn offerings_with_the_same_layout_share_it_in_memory() {
    let first = layout_of(&opened(1, cabins(149).unwrap()));
    let second = layout_of(&opened(2, cabins(149).unwrap()));
    let other = layout_of(&opened(3, cabins(150).unwrap()));
    assert!(Arc::ptr_eq(&first, &second));
    assert_ne!(first, other);
}

#[test]
fn layouts_are_right_also_when_there_are_more_than_are_kept() {
    for blocked_row in 1..=5_000_u16 {
        let mut layout = cabins(2).unwrap();
        layout.blocked = vec![format!("{blocked_row}A").parse().unwrap()];
        assert_eq!(*layout_of(&opened(1, layout.clone())), layout);
    }
}

#[test]
fn a_flight_s_layout_takes_a_few_hundred_bytes() {
    for seats in 2..=600 {
        let json: Value = serde_json::from_slice(&opened(1, cabins(seats).unwrap())).unwrap();
        let bytes = json["layout"].to_string().len();
        assert!(bytes <= 500, "{seats} seats take {bytes}");
    }
}

#[test]
fn a_layout_that_no_seats_can_be_made_from_is_refused() {
    let good: Value = serde_json::from_slice(&opened(1, cabins(149).unwrap())).unwrap();
    for (path, value) in [
        ("/layout/rule", json!(2)),
        ("/layout/sections", json!([])),
        ("/layout/sections/0/first_row", json!(0)),
        ("/layout/sections/0/last_row", json!(60_000)),
        ("/layout/sections/0/columns", json!("AA")),
        ("/layout/sections/2/absent/0", json!("26f")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        let refused = Event::decode(OPENED, bad.to_string().as_bytes());
        assert!(matches!(refused, Err(DecodeError::Invalid { .. })), "{path}: {refused:?}");
    }
}

#[test]
fn a_layout_of_another_shape_is_malformed() {
    let mut bad: Value = serde_json::from_slice(&opened(1, cabins(149).unwrap())).unwrap();
    bad["layout"]["sections"][0]["first_row"] = json!("1");
    let refused = Event::decode(OPENED, bad.to_string().as_bytes());
    assert!(matches!(refused, Err(DecodeError::Malformed { .. })));
}
