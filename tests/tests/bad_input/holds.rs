use scenarios::holding;
use serde_json::{Value, json};

use crate::case::{Case, World};

pub(crate) fn holds(world: &World) -> Vec<Case> {
    let (offering, seat) = (world.offering.as_str(), world.seat.as_str());
    let hold = |name, body: Value| Case::post(name, "/v1/holds", &body);
    let seats = |name, seats: &[&str]| hold(name, holding(&[(offering, seats)]));
    let item = |name, item: Value| hold(name, json!({ "items": [item] }));
    let ten = ["5A", "6A", "7A", "8A", "9A", "10A", "11A", "12A", "13A", "14A"];
    let nowhere = "00000000-0000-4000-8000-000000000000";
    vec![
        seats("unknown seat", &["999A"]).is(422, "unknown_seat", "items[0].seats[0]"),
        seats("unknown seat, second", &[seat, "999A"]).is(422, "unknown_seat", "items[0].seats[1]"),
        seats("malformed seat", &["seat"]).is(400, "invalid_field", "items[0].seats[0]"),
        seats("lower-case seat", &["12a"]).is(400, "invalid_field", "items[0].seats[0]"),
        seats("empty seat", &[""]).is(400, "invalid_field", "items[0].seats[0]"),
        seats("endless seat", &["99999999999999999999A"]).is(
            400,
            "invalid_field",
            "items[0].seats[0]",
        ),
        seats("seat beyond ASCII", &["１２A"]).is(400, "invalid_field", "items[0].seats[0]"),
        seats("seat named twice", &[seat, seat]).is(422, "seat_named_twice", "items[0].seats"),
        seats("ten seats", &ten).is(422, "too_many_seats", "items[0].seats"),
        seats("no seats", &[]).is(422, "no_seats", "items[0].seats"),
        hold("past flight", holding(&[(&world.past_offering, &[seat])])).is(
            409,
            "sales_closed",
            "items[0].offering_id",
        ),
        hold("unknown offering", holding(&[(nowhere, &[seat])])).is(
            404,
            "no_such_offering",
            "items[0].offering_id",
        ),
        hold("malformed offering", holding(&[("x", &[seat])])).is(
            400,
            "invalid_field",
            "items[0].offering_id",
        ),
        hold("an offering twice", holding(&[(offering, &[seat]), (offering, &["30A"])])).is(
            400,
            "invalid_field",
            "items",
        ),
        item(
            "seats and best",
            json!({"offering_id": offering, "seats": [seat], "best": {"count": 1}}),
        )
        .is(400, "invalid_field", "items[0].best"),
        item("neither seats nor best", json!({ "offering_id": offering })).is(
            400,
            "invalid_field",
            "items[0].seats",
        ),
        item("best of none", json!({"offering_id": offering, "best": {"count": 0}})).is(
            422,
            "no_seats",
            "items[0].best.count",
        ),
        item("best of ten", json!({"offering_id": offering, "best": {"count": 10}})).is(
            422,
            "too_many_seats",
            "items[0].best.count",
        ),
        item("best of -1", json!({"offering_id": offering, "best": {"count": -1}})).is(
            400,
            "invalid_field",
            "items[0].best.count",
        ),
        item("best of a half", json!({"offering_id": offering, "best": {"count": 1.5}})).is(
            400,
            "invalid_field",
            "items[0].best.count",
        ),
        item("unknown field below", json!({"offering_id": offering, "seats": [seat], "meal": 1}))
            .is(400, "invalid_field", "items[0].meal"),
        item("a number for an id", json!({"offering_id": 7, "seats": [seat]})).is(
            400,
            "invalid_field",
            "items[0].offering_id",
        ),
        item("a string for seats", json!({"offering_id": offering, "seats": seat})).is(
            400,
            "invalid_field",
            "items[0].seats",
        ),
        hold("nothing asked for", json!({"items": []})).is(400, "invalid_field", "items"),
        hold("missing field", json!({})).is(400, "invalid_field", "items"),
        hold("unknown field", json!({"items": [], "coupon": "X"})).is(
            400,
            "invalid_field",
            "coupon",
        ),
        hold("a string for items", json!({"items": "x"})).is(400, "invalid_field", "items"),
    ]
}
