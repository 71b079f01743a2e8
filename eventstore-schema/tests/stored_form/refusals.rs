//! What is not of the promised type or shape is refused.

use domain::booking;
use eventstore_schema::{DecodeError, EVENT_TYPES, Metadata, StoredEvent, decode_any};
use serde_json::{Value, json};

use crate::golden::{read, sample};

/// Every object inside, by its path, the whole included.
fn objects(json: &Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    match json {
        Value::Object(fields) => {
            found.push(path.to_owned());
            for (name, value) in fields {
                found.extend(objects(value, &format!("{path}/{name}")));
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                found.extend(objects(value, &format!("{path}/{index}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}

#[test]
fn an_unknown_type_or_version_is_refused() {
    for event_type in EVENT_TYPES {
        let json = sample(event_type);
        let unversioned = event_type.strip_suffix(".v1").unwrap();
        for unknown in [
            format!("{unversioned}.v2"),
            format!("{unversioned}.v01"),
            unversioned.to_owned(),
            format!("{event_type} "),
            event_type.to_uppercase(),
        ] {
            let refused = read(&unknown, &json);
            assert!(matches!(refused, Err(DecodeError::UnknownType(named)) if named == unknown));
        }
    }
    for unknown in ["", "flight", "seller.registered.v1", "hold.requested", ".v1"] {
        assert!(matches!(read(unknown, &json!({})), Err(DecodeError::UnknownType(_))));
    }
}

#[test]
fn an_event_is_not_read_by_another_category() {
    let json = sample("booking.expired.v1");
    let bytes = json.to_string();
    assert!(booking::Event::decode("booking.expired.v1", bytes.as_bytes()).is_ok());
    let refused = domain::hold::Event::decode("booking.expired.v1", bytes.as_bytes());
    assert!(matches!(refused, Err(DecodeError::UnknownType(_))));
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    for event_type in EVENT_TYPES {
        let json = sample(event_type);
        for path in objects(&json, "") {
            let mut more = json.clone();
            more.pointer_mut(&path).unwrap()["colour"] = json!("blue");
            let refused = read(event_type, &more);
            assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{event_type} {path}");
        }
    }
}

/// Those that are left out when there is nothing to say.
const OPTIONAL: [&str; 5] = ["blocked", "exit_rows", "absent", "section", "refund"];

#[test]
fn a_missing_field_or_a_null_is_refused_wherever_it_stands() {
    for event_type in EVENT_TYPES {
        let json = sample(event_type);
        for path in objects(&json, "") {
            let fields = json.pointer(&path).unwrap().as_object().unwrap();
            for name in fields.keys() {
                let mut null = json.clone();
                null.pointer_mut(&path).unwrap()[name] = Value::Null;
                assert!(read(event_type, &null).is_err(), "{event_type} {path}/{name}: null");

                let mut less = json.clone();
                less.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(name);
                let optional =
                    OPTIONAL.contains(&name.as_str()) && event_type != &"booking.cancelled.v1";
                assert_eq!(read(event_type, &less).is_ok(), optional, "{event_type} {path}/{name}");
            }
        }
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    for event_type in EVENT_TYPES {
        let json = sample(event_type);
        let whole = json.to_string();
        let list = Value::from_iter(json.as_object().unwrap().values().cloned()).to_string();
        for bytes in
            ["", &list, "null", "[]", "{}", "1", &whole[..whole.len() - 1], &format!("{whole}1")]
        {
            let refused = decode_any(event_type, bytes.as_bytes());
            assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{event_type} {bytes}");
        }
    }
}

#[test]
fn an_envelope_of_another_version_is_refused() {
    let envelope = json!({
        "correlation_id": uuid::Uuid::nil(), "causation_id": uuid::Uuid::nil(),
        "command_id": uuid::Uuid::nil(), "actor": {"role": "process", "subject": "test"},
        "envelope_version": 2, "recorded_at": "2013-01-02T09:30:00Z",
    });
    let refused = Metadata::decode(envelope.to_string().as_bytes());
    assert!(matches!(refused, Err(DecodeError::Invalid { .. })));
}
