//! The golden files, to be spoilt.

use eventstore_schema::{DecodeError, decode_any};
use serde_json::Value;

/// What the golden file says.
pub(crate) fn sample(event_type: &str) -> Value {
    let path = format!("{}/golden/{event_type}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn read(event_type: &str, json: &Value) -> Result<(), DecodeError> {
    decode_any(event_type, json.to_string().as_bytes()).map(drop)
}
