use announcer::announcement;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::*;

fn announced() -> Vec<Value> {
    all()
        .iter()
        .filter_map(|(recorded, event)| announcement(recorded, event))
        .map(|told| serde_json::from_slice(&told.to_json(Uuid::from_u128(0x109)).unwrap()).unwrap())
        .collect()
}

#[test]
fn each_event_is_told_in_its_published_shape() {
    let (booking_id, offering_id) = (booking(1).0, offering().0);
    let usd = |amount| json!({ "amount": amount, "currency": "USD" });
    let seats = |state| json!({ "offering_id": offering_id, "state": state, "seats": ["12A"] });
    let expected = [
        (
            "holdfast.v1.booking.begun",
            json!({
                "booking_id": booking_id,
                "items": [{ "offering_id": offering_id, "seat": "12A" }],
                "total": usd(100),
                "payment_limit": at(900),
            }),
        ),
        ("holdfast.v1.booking.payment_started", json!({ "booking_id": booking_id })),
        ("holdfast.v1.booking.confirmed", json!({ "booking_id": booking_id })),
        ("holdfast.v1.booking.failed", json!({ "booking_id": booking_id, "reason": "seats_lost" })),
        ("holdfast.v1.booking.expired", json!({ "booking_id": booking_id })),
        (
            "holdfast.v1.booking.cancelled",
            json!({ "booking_id": booking_id, "refund": usd(60), "penalty": usd(40) }),
        ),
        ("holdfast.v1.offering.seats_changed", seats("held")),
        ("holdfast.v1.offering.seats_changed", seats("booked")),
        ("holdfast.v1.offering.seats_changed", seats("free")),
        ("holdfast.v1.offering.seats_changed", seats("free")),
        ("holdfast.v1.offering.seats_changed", seats("free")),
    ];
    let announced = announced();
    assert_eq!(announced.len(), expected.len());
    for (told, (kind, data)) in announced.iter().zip(expected) {
        assert_eq!((&told["type"], &told["data"]), (&json!(kind), &data));
    }
    let begun = announced[0].as_object().unwrap();
    let rest: Vec<_> = begun.iter().filter(|(name, _)| *name != "data").collect();
    let attributes = json!({
        "specversion": "1.0",
        "id": Uuid::from_u128(0xe),
        "source": "/holdfast",
        "type": "holdfast.v1.booking.begun",
        "subject": format!("booking/{booking_id}"),
        "time": at(1),
        "datacontenttype": "application/json",
        "position": "41",
        "holdfastlog": Uuid::from_u128(0x109),
    });
    assert_eq!(rest.len(), attributes.as_object().unwrap().len());
    for (name, value) in rest {
        assert_eq!(&attributes[name], value, "{name}");
    }
}

#[test]
fn no_person_is_in_any_message() {
    let stored: String =
        all().iter().map(|(event, _)| String::from_utf8_lossy(&event.data).into_owned()).collect();
    for word in CANARIES {
        assert!(stored.contains(word), "{word} is not even stored");
    }
    for told in announced() {
        let text = told.to_string();
        assert!(!CANARIES.iter().any(|word| text.contains(word)), "{text}");
    }
}
