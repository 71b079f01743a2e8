use scenarios::holding;
use serde_json::json;

use crate::case::{Case, World};

/// The largest body of an ordinary request, and of a batch, in bytes.
const MAX_BODY: usize = 64 * 1024;

pub(crate) fn whole_bodies(world: &World) -> Vec<Case> {
    let raw = |name, body: &str| Case::raw(name, "/v1/holds", body);
    let good = holding(&[(&world.offering, &[&world.seat])]);
    let listed = json!([[{"offering_id": world.offering, "seats": [world.seat]}]]);
    let deep = "[".repeat(30_000);
    vec![
        raw("malformed JSON", "{\"items\": [").is(400, "malformed_json", "(body)"),
        raw("not JSON", "items=1").is(400, "malformed_json", "(body)"),
        raw("empty body", "").is(400, "malformed_json", "(body)"),
        raw("blank body", " \n").is(400, "malformed_json", "(body)"),
        raw("more after the end", &format!("{good} x")).is(400, "malformed_json", "(body)"),
        Case::raw("not UTF-8", "/v1/holds", b"{\"items\": \"\xff\"}".to_vec()).is(
            400,
            "malformed_json",
            "(body)",
        ),
        raw("JSON array", "[]").is(400, "invalid_field", "(body)"),
        raw("JSON null", "null").is(400, "invalid_field", "(body)"),
        raw("JSON string", "\"hold\"").is(400, "invalid_field", "(body)"),
        Case::post("JSON array of the fields", "/v1/holds", &listed).is(
            400,
            "invalid_field",
            "(body)",
        ),
        raw("a field twice", "{\"items\": [], \"items\": []}").is(400, "invalid_field", "items"),
        raw("depth 30,000", &deep).is(400, "invalid_field", "(body)"),
        raw("depth 30,000 below", &format!("{{\"items\": [{{\"offering_id\": {deep}")).is(
            400,
            "invalid_field",
            "items[0].offering_id",
        ),
        raw("depth 30,000 beside", &format!("{{\"items\": [], \"more\": {deep}")).is(
            400,
            "invalid_field",
            "more",
        ),
        raw("depth 100,000", &"[".repeat(100_000)).is(413, "body_too_large", "(body)"),
        Case::raw("depth 100,000 in a batch", "/v1/flights/batch", "[".repeat(100_000))
            .by("seller")
            .is(400, "invalid_field", "(body)"),
        raw("one byte too many", &" ".repeat(MAX_BODY + 1)).is(413, "body_too_large", "(body)"),
        raw("wrong content type", &good.to_string()).with("Content-Type", "text/plain").is(
            415,
            "not_json",
            "Content-Type",
        ),
        raw("a form", "items=1").with("Content-Type", "application/x-www-form-urlencoded").is(
            415,
            "not_json",
            "Content-Type",
        ),
    ]
}

pub(crate) fn keys_and_callers(world: &World) -> Vec<Case> {
    let good = holding(&[(&world.offering, &[&world.seat])]);
    let hold = |name| Case::post(name, "/v1/holds", &good);
    let key = "Idempotency-Key";
    vec![
        hold("missing key").without(key).is(400, "idempotency_key_missing", key),
        hold("empty key").with(key, "").is(400, "invalid_idempotency_key", key),
        hold("over-long key").with(key, &"k".repeat(256)).is(400, "invalid_idempotency_key", key),
        hold("key beyond ASCII").with(key, "schlüssel").is(400, "invalid_idempotency_key", key),
        hold("no token").by("nobody").is(401, "unauthorised", ""),
        hold("bad token").by("forger").is(401, "unauthorised", ""),
        hold("wrong role").by("seller").is(403, "role_not_allowed", ""),
        hold("wrong role again").by("auditor").is(403, "role_not_allowed", ""),
        Case::get("no token to read", "/v1/bookings").by("nobody").is(401, "unauthorised", ""),
        Case::get("wrong role to read", "/v1/audit/events").is(403, "role_not_allowed", ""),
    ]
}
