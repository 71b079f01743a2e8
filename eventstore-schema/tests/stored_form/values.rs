//! What is of the right shape and cannot be is refused.

use domain::booking::FailureReason;
use domain::seat_inventory::{Extension, ReleaseReason};
use domain::{booking, seat_inventory};
use eventstore_schema::{DecodeError, StoredEvent};
use serde_json::{Value, json};

use crate::golden::{read, sample};

/// Reads `event_type` with `values` in turn at `path`: each is of the right shape and cannot be.
fn refuses_as_invalid(event_type: &str, path: &str, values: &[&str]) {
    let field = path.split('/').nth(1).unwrap();
    for value in values {
        let mut json = sample(event_type);
        *json.pointer_mut(path).unwrap() = json!(value);
        match read(event_type, &json) {
            Err(DecodeError::Invalid { event_type: named, reason }) => {
                assert_eq!(named, event_type);
                assert!(reason.starts_with(field), "{reason}");
            }
            other => panic!("{value} at {path}: {other:?}"),
        }
    }
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    let seats =
        ["", "XX", "12", "A12", "012A", "0A", "+1A", "12a", "12 A", "70000A", "12AB", "12É"];
    refuses_as_invalid("seat_inventory.seats_returned.v1", "/seats/0", &seats);
    refuses_as_invalid("seat_inventory.seats_held.v1", "/seats/0/seat", &seats);
    refuses_as_invalid("hold.requested.v1", "/parts/0/selection/named/0", &seats);

    let currencies = ["", "usd", "US", "USDX", "U$D"];
    refuses_as_invalid("payment.captured.v1", "/amount/currency", &currencies);

    let ids = [
        "",
        "b00c",
        "00000000000000000000000000000001",
        "0FF00000-0000-5000-8000-000000000001",
        "{0ff00000-0000-5000-8000-000000000001}",
        "urn:uuid:0ff00000-0000-5000-8000-000000000001",
        "0ff00000-0000-5000-8000-00000000000g",
    ];
    refuses_as_invalid("hold.consumed.v1", "/booking_id", &ids);

    let instants = [
        "",
        "2013-01-02",
        "2013-01-02T09:30:00",
        "2013-01-02T09:30:00+00:00",
        "2013-01-02T09:30:00z",
        "2013-01-02 09:30:00Z",
        "2013-02-30T09:30:00Z",
        "1357119000",
    ];
    refuses_as_invalid("booking.expired.v1", "/at", &instants);

    let locals =
        ["", "2013-01-01", "2013-01-01T05:15", "2013-01-01T05:15:00Z", "2013-02-30T05:15:00"];
    refuses_as_invalid("flight.scheduled.v1", "/departure/local", &locals);

    let holds = [
        "",
        "hold",
        "401d0000-0000-5000-8000-000000000001",
        "401D0000000050008000000000000001",
        "401d0000000050008000000000000001.",
        "401d0000000050008000000000000001.0ff00000000050008000000000000001.1",
    ];
    refuses_as_invalid("booking.begun.v1", "/hold", &holds);
    refuses_as_invalid("booking.begun.v1", "/contact/nonce", &["0", "0g", "DE", "é", "0x", " 0"]);
}

#[test]
fn a_refusal_says_nothing_of_personal_data() {
    let mut json = sample("booking.begun.v1");
    json["travellers"][0]["details"]["ciphertext"] = json!("5ec4e7g0");
    let refused = read("booking.begun.v1", &json).unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("5ec4e7"), "{refused:?}");
}

#[test]
fn a_number_is_a_whole_number_within_its_range() {
    for (event_type, path, numbers) in [
        ("flight.scheduled.v1", "/number", vec![json!(-1), json!(65_536), json!(1.0), json!("1")]),
        ("payment.captured.v1", "/amount/amount", vec![json!(1.5), json!(1e3), json!(u64::MAX)]),
        ("seat_inventory.seats_held.v1", "/price_revision", vec![json!(-1), json!("0")]),
    ] {
        for number in numbers {
            let mut json = sample(event_type);
            *json.pointer_mut(path).unwrap() = number.clone();
            let refused = read(event_type, &json);
            assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{path} {number}");
        }
    }
}

#[test]
fn an_unknown_word_is_refused() {
    for (event_type, path) in [
        ("seat_inventory.hold_extended.v1", "/extension"),
        ("seat_inventory.hold_released.v1", "/reason"),
        ("booking.failed.v1", "/reason"),
        ("booking_fulfilment.completed.v1", "/ending"),
        ("booking_fulfilment.completed.v1", "/ending/failed"),
    ] {
        let mut json = sample(event_type);
        *json.pointer_mut(path).unwrap() = json!("whim");
        assert!(matches!(read(event_type, &json), Err(DecodeError::Malformed { .. })), "{path}");
    }
}

#[test]
fn the_words_of_a_choice_are_for_ever() {
    let at = "2013-01-02T09:30:00Z".parse().unwrap();
    let word = |json: Vec<u8>, field: &str| {
        let json: Value = serde_json::from_slice(&json).unwrap();
        json[field].as_str().unwrap().to_owned()
    };
    let hold_id = domain::HoldId(uuid::Uuid::nil());
    for (extension, expected) in [(Extension::Renewal, "renewal"), (Extension::Payment, "payment")]
    {
        let event = seat_inventory::Event::HoldExtended { hold_id, expires_at: at, extension, at };
        assert_eq!(word(event.encode(), "extension"), expected);
    }
    for (reason, expected) in [
        (ReleaseReason::Customer, "customer"),
        (ReleaseReason::HoldIncomplete, "hold_incomplete"),
        (ReleaseReason::BookingFailed, "booking_failed"),
        (ReleaseReason::BookingCancelled, "booking_cancelled"),
    ] {
        let event = seat_inventory::Event::HoldReleased { hold_id, seats: vec![], reason, at };
        assert_eq!(word(event.encode(), "reason"), expected);
    }
    for (reason, expected) in [
        (FailureReason::PaymentDeclined, "payment_declined"),
        (FailureReason::SeatsLost, "seats_lost"),
    ] {
        let event = booking::Event::Failed { reason, at };
        assert_eq!(word(event.encode(), "reason"), expected);
    }
    let confirmed = domain::booking_fulfilment::Event::Completed {
        ending: domain::booking_fulfilment::Ending::Confirmed,
        at,
    };
    assert_eq!(word(confirmed.encode(), "ending"), "confirmed");
}
