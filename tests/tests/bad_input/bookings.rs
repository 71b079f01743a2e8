use scenarios::booking_of;
use serde_json::{Value, json};

use crate::case::{Case, World};

pub(crate) fn bookings(world: &World) -> Vec<Case> {
    let good = booking_of(&world.hold_id, 2);
    let with = |name, pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        Case::post(name, "/v1/bookings", &body)
    };
    let but = |name, change: fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        Case::post(name, "/v1/bookings", &body)
    };
    let (born, named) = ("/travellers/1/birth_date", "/travellers/0/name");
    vec![
        with("born in the future", born, json!("2999-01-01")).is(
            400,
            "invalid_field",
            "travellers[1].birth_date",
        ),
        with("born long ago", born, json!("1899-12-31")).is(
            400,
            "invalid_field",
            "travellers[1].birth_date",
        ),
        with("born on no day", born, json!("2001-02-29")).is(
            400,
            "invalid_field",
            "travellers[1].birth_date",
        ),
        with("empty name", named, json!("")).is(400, "invalid_field", "travellers[0].name"),
        with("blank name", named, json!("  ")).is(400, "invalid_field", "travellers[0].name"),
        with("control characters in a name", named, json!("A\u{0}B")).is(
            400,
            "invalid_field",
            "travellers[0].name",
        ),
        with("a line break in a name", named, json!("A\nB")).is(
            400,
            "invalid_field",
            "travellers[0].name",
        ),
        with("a line break after a name", named, json!("A B\n")).is(
            400,
            "invalid_field",
            "travellers[0].name",
        ),
        with("endless name", named, json!("A".repeat(101))).is(
            400,
            "invalid_field",
            "travellers[0].name",
        ),
        with("a number for a name", named, json!(7)).is(400, "invalid_field", "travellers[0].name"),
        with("bad e-mail", "/contact/email", json!("someone")).is(
            400,
            "invalid_field",
            "contact.email",
        ),
        with("e-mail with a blank", "/contact/email", json!("a b@example.org")).is(
            400,
            "invalid_field",
            "contact.email",
        ),
        with(
            "e-mail with a line break",
            "/contact/email",
            json!("a@example.org\r\nBcc: b@example.org"),
        )
        .is(400, "invalid_field", "contact.email"),
        with("bad phone", "/contact/phone", json!("call me")).is(
            400,
            "invalid_field",
            "contact.phone",
        ),
        with("no travellers", "/travellers", json!([])).is(400, "invalid_field", "travellers"),
        Case::post("fewer travellers than seats", "/v1/bookings", &booking_of(&world.hold_id, 1))
            .is(422, "travellers_do_not_match_seats", "travellers"),
        Case::post("more travellers than seats", "/v1/bookings", &booking_of(&world.hold_id, 3))
            .is(422, "travellers_do_not_match_seats", "travellers"),
        Case::post("ten travellers", "/v1/bookings", &booking_of(&world.hold_id, 10)).is(
            400,
            "invalid_field",
            "travellers",
        ),
        with("malformed hold", "/hold_id", json!("x")).is(400, "invalid_field", "hold_id"),
        with("unknown hold", "/hold_id", json!("0".repeat(32))).is(404, "no_such_hold", "hold_id"),
        Case::post("someone else's hold", "/v1/bookings", &good).by("customer2").is(
            404,
            "no_such_hold",
            "hold_id",
        ),
        but("missing contact", |body| {
            body.as_object_mut().unwrap().remove("contact");
        })
        .is(400, "invalid_field", "contact"),
        but("missing birth date", |body| {
            body["travellers"][1].as_object_mut().unwrap().remove("birth_date");
        })
        .is(400, "invalid_field", "travellers[1].birth_date"),
        but("unknown field of a traveller", |body| body["travellers"][0]["seat"] = "1A".into()).is(
            400,
            "invalid_field",
            "travellers[0].seat",
        ),
        but("unknown field of a booking", |body| body["card_number"] = "4111".into()).is(
            400,
            "invalid_field",
            "card_number",
        ),
        but("unknown field of a contact", |body| body["contact"]["fax"] = "1".into()).is(
            400,
            "invalid_field",
            "contact.fax",
        ),
    ]
}

pub(crate) fn payments_and_cancellations(world: &World) -> Vec<Case> {
    let payment = format!("/v1/bookings/{}/payment", world.unpaid);
    let cancellation = format!("/v1/bookings/{}/cancellation", world.confirmed);
    let amount = |amount: Value, currency: &str| json!({"amount": amount, "currency": currency});
    let pay = |name, money: Value| {
        Case::post(name, &payment, &json!({"method": "card", "amount": money}))
    };
    let cancel =
        |name, money: Value| Case::post(name, &cancellation, &json!({ "agreed_refund": money }));
    vec![
        pay("wrong currency", amount(json!(100), "EUR")).is(
            422,
            "currency_mismatch",
            "amount.currency",
        ),
        pay("nonsense currency", amount(json!(100), "XYZZY")).is(
            400,
            "invalid_field",
            "amount.currency",
        ),
        pay("lower-case currency", amount(json!(100), "usd")).is(
            400,
            "invalid_field",
            "amount.currency",
        ),
        pay("a fraction for an amount", amount(json!(1.5), "USD")).is(
            400,
            "invalid_field",
            "amount.amount",
        ),
        pay("an amount beyond counting", amount(json!(u64::MAX), "USD")).is(
            400,
            "invalid_field",
            "amount.amount",
        ),
        pay("another amount", amount(json!(1), "USD")).is(409, "amount_differs", "amount.amount"),
        pay("a negative amount", amount(json!(-1), "USD")).is(
            409,
            "amount_differs",
            "amount.amount",
        ),
        pay("an amount without its currency", json!({"amount": 1})).is(
            400,
            "invalid_field",
            "amount.currency",
        ),
        Case::post("unknown method", &payment, &json!({"method": "shells"})).is(
            400,
            "invalid_field",
            "method",
        ),
        Case::post("missing method", &payment, &json!({})).is(400, "invalid_field", "method"),
        Case::post("a card number", &payment, &json!({"method": "card", "number": "4111"})).is(
            400,
            "invalid_field",
            "number",
        ),
        cancel("wrong currency of a refund", amount(json!(100), "EUR")).is(
            422,
            "currency_mismatch",
            "agreed_refund.currency",
        ),
        cancel("nonsense currency of a refund", amount(json!(100), "€")).is(
            400,
            "invalid_field",
            "agreed_refund.currency",
        ),
        cancel("another refund", amount(json!(1), "USD")).is(
            409,
            "refund_changed",
            "agreed_refund.amount",
        ),
        Case::post("unknown field of a quote", &format!("{cancellation}-quote"), &json!({"x": 1}))
            .is(400, "invalid_field", "x"),
        Case::post("unknown field of a cancellation", &cancellation, &json!({"x": 1})).is(
            400,
            "invalid_field",
            "x",
        ),
        Case::post(
            "unknown field of a renewal",
            &format!("/v1/holds/{}/renewal", world.hold_id),
            &json!({"x": 1}),
        )
        .is(400, "invalid_field", "x"),
    ]
}
