use serde_json::{Value, json};

use crate::case::{Case, World};

pub(crate) fn not_there(world: &World) -> Vec<Case> {
    let booking = format!("/v1/bookings/{}", world.confirmed);
    let unpaid = format!("/v1/bookings/{}", world.unpaid);
    let hold = format!("/v1/holds/{}", world.hold_id);
    let card = json!({"method": "card"});
    let (none, no_hold) = (json!({}), format!("/v1/holds/{}", "0".repeat(32)));
    let nowhere = "/v1/offerings/00000000-0000-4000-8000-000000000000";
    vec![
        Case::get("someone else's booking", &booking).by("customer2").is(404, "not_found", ""),
        Case::get("someone else's booking, an agent", &booking).by("agent").is(
            404,
            "not_found",
            "",
        ),
        Case::post("someone else's payment", &format!("{unpaid}/payment"), &card)
            .by("customer2")
            .is(404, "not_found", ""),
        Case::post("someone else's quote", &format!("{booking}/cancellation-quote"), &none)
            .by("customer2")
            .is(404, "not_found", ""),
        Case::post("someone else's cancellation", &format!("{booking}/cancellation"), &none)
            .by("customer2")
            .is(404, "not_found", ""),
        Case::get("someone else's hold", &hold).by("customer2").is(404, "not_found", ""),
        Case::post("someone else's renewal", &format!("{hold}/renewal"), &none).by("agent").is(
            404,
            "not_found",
            "",
        ),
        Case::send("DELETE", "someone else's release", &hold, None).by("customer2").is(
            404,
            "not_found",
            "",
        ),
        Case::get("unknown booking", "/v1/bookings/00000000-0000-4000-8000-000000000000").is(
            404,
            "not_found",
            "",
        ),
        Case::get("malformed booking", "/v1/bookings/x").is(404, "not_found", ""),
        Case::post("payment of a malformed booking", "/v1/bookings/x/payment", &card).is(
            404,
            "not_found",
            "",
        ),
        Case::get("unknown hold", &no_hold).is(404, "not_found", ""),
        Case::get("malformed hold", "/v1/holds/x").is(404, "not_found", ""),
        Case::post("renewal of an unknown hold", &format!("{no_hold}/renewal"), &none).is(
            404,
            "not_found",
            "",
        ),
        Case::send("DELETE", "release of an unknown hold", &no_hold, None).is(404, "not_found", ""),
        Case::get("unknown offering", nowhere).is(404, "not_found", ""),
        Case::get("seat map of an unknown offering", &format!("{nowhere}/seat-map")).is(
            404,
            "not_found",
            "",
        ),
        Case::get("malformed offering", "/v1/offerings/x/seat-map").is(404, "not_found", ""),
        Case::get("unknown route", "/v1/submarines").is(404, "no_such_route", ""),
        Case::get("unknown root", "/").is(404, "no_such_route", ""),
        Case::send("PUT", "unknown method", "/v1/holds", None).is(405, "method_not_allowed", ""),
    ]
}

pub(crate) fn searches(world: &World) -> Vec<Case> {
    let search = |name, query: &str| {
        let path = format!("/v1/flights?origin=JFK&destination=LAX&date=2027-01-01&{query}");
        Case::get(name, &path)
    };
    let map = format!("/v1/offerings/{}/seat-map", world.offering);
    let far = 9_000_000_000_000_u64;
    vec![
        search("bad cursor", "cursor=x").is(400, "invalid_field", "cursor"),
        search("limit of none", "limit=0").is(400, "invalid_field", "limit"),
        search("limit of too many", "limit=201").is(400, "invalid_field", "limit"),
        search("limit of words", "limit=many").is(400, "invalid_field", "limit"),
        search("bad sort", "sort=beauty").is(400, "invalid_field", "sort"),
        search("bad facet", "facets=beauty").is(400, "invalid_field", "facets"),
        search("unknown parameter", "colour=red").is(400, "invalid_field", "colour"),
        search("a parameter twice", "limit=1&limit=2").is(400, "invalid_field", "limit"),
        search("bad time", "departure_after=noon").is(400, "invalid_field", "departure_after"),
        search("bad price", "max_price=1.5").is(400, "invalid_field", "max_price"),
        search("bad seats", "min_seats=few").is(400, "invalid_field", "min_seats"),
        search("bad carrier", "carrier=!").is(400, "invalid_field", "carrier"),
        search("bad position", "min_position=-1").is(400, "invalid_field", "min_position"),
        search("a position far ahead", &format!("min_position={far}")).with("Prefer", "wait=1").is(
            503,
            "read_model_behind",
            "",
        ),
        Case::get("a map far ahead", &format!("{map}?min_position={far}"))
            .with("Prefer", "wait=1")
            .is(503, "read_model_behind", ""),
        Case::get("unknown parameter of a map", &format!("{map}?colour=red")).is(
            400,
            "invalid_field",
            "colour",
        ),
        Case::get("bad date", "/v1/flights?origin=JFK&destination=LAX&date=soon").is(
            400,
            "invalid_field",
            "date",
        ),
        Case::get("no such date", "/v1/flights?origin=JFK&destination=LAX&date=2027-02-29").is(
            400,
            "invalid_field",
            "date",
        ),
        Case::get("missing date", "/v1/flights?origin=JFK&destination=LAX").is(
            400,
            "invalid_field",
            "date",
        ),
        Case::get("bad origin", "/v1/flights?origin=NEWYORK&destination=LAX&date=2027-01-01").is(
            400,
            "invalid_field",
            "origin",
        ),
        Case::get("no question", "/v1/flights").is(400, "invalid_field", "origin"),
        Case::get("bad locator", "/v1/bookings?locator=x").is(400, "invalid_field", "locator"),
        Case::get("bad cursor of bookings", "/v1/bookings?cursor=x").is(
            400,
            "invalid_field",
            "cursor",
        ),
    ]
}

pub(crate) fn flights() -> Vec<Case> {
    let good = json!({
        "carrier": "ZY", "number": 1, "origin": "JFK", "destination": "LAX",
        "departure_local": "2029-06-11T08:00", "arrival_local": "2029-06-11T11:00",
        "distance_miles": 2475, "seats": 100,
    });
    let with = |name, field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        Case::post(name, "/v1/flights", &body).by("seller")
    };
    vec![
        with("unknown airport", "origin", json!("XQX")).is(422, "invalid_flight", "origin"),
        with("no number", "number", json!(0)).is(422, "invalid_flight", "number"),
        with("a plane without seats", "seats", json!(0)).is(422, "invalid_flight", "seats"),
        with("no time", "departure_local", json!("soon")).is(
            422,
            "invalid_flight",
            "departure_local",
        ),
        with("back in time", "arrival_local", json!("2029-06-10T11:00")).is(
            422,
            "invalid_flight",
            "arrival_local",
        ),
        with("a negative distance", "distance_miles", json!(-1)).is(
            400,
            "invalid_field",
            "distance_miles",
        ),
        with("unknown field of a flight", "pilot", json!("X")).is(400, "invalid_field", "pilot"),
        Case::post("an empty batch", "/v1/flights/batch", &json!({"flights": []})).by("seller").is(
            400,
            "invalid_field",
            "flights",
        ),
    ]
}
