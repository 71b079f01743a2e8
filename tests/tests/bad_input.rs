//! Bad input over HTTP: the right status, a problem document that names the field, and no event.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::time::{Duration, Instant};

use reqwest::Method;
use scenarios::{Answer, Client, Options, System, TimetableFile, booking_of, holding, new_key};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The largest body of an ordinary request, and of a batch, in bytes.
const MAX_BODY: usize = 64 * 1024;
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// What there is to be wrong about.
struct World {
    offering: String,
    past_offering: String,
    seat: String,
    /// The customer's hold, of two seats.
    hold_id: String,
    /// The customer's bookings: one that awaits its payment, one that is confirmed.
    unpaid: String,
    confirmed: String,
}

/// One row of the table: how it is asked, and what is answered.
struct Case {
    name: &'static str,
    caller: &'static str,
    method: &'static str,
    path: String,
    body: Option<Vec<u8>>,
    headers: Vec<(&'static str, String)>,
    status: u16,
    code: &'static str,
    field: Option<&'static str>,
}

impl Case {
    fn send(method: &'static str, name: &'static str, path: &str, body: Option<Vec<u8>>) -> Self {
        let headers = match method {
            "POST" => {
                vec![("Content-Type", "application/json".into()), ("Idempotency-Key", new_key())]
            }
            _ => vec![],
        };
        let (path, caller) = (path.to_owned(), "customer");
        Self { name, caller, method, path, body, headers, status: 0, code: "", field: None }
    }

    fn get(name: &'static str, path: &str) -> Self {
        Self::send("GET", name, path, None)
    }

    fn post(name: &'static str, path: &str, body: &Value) -> Self {
        Self::raw(name, path, body.to_string())
    }

    fn raw(name: &'static str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::send("POST", name, path, Some(body.into()))
    }

    fn by(mut self, caller: &'static str) -> Self {
        self.caller = caller;
        self
    }

    fn with(mut self, header: &'static str, value: &str) -> Self {
        self = self.without(header);
        self.headers.push((header, value.to_owned()));
        self
    }

    fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    fn is(mut self, status: u16, code: &'static str, field: &'static str) -> Self {
        (self.status, self.code) = (status, code);
        self.field = Some(field).filter(|field| !field.is_empty());
        self
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_name_and_appends_nothing() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let world = world(&system).await;
    let before = head(&system).await;
    let table: Vec<Case> = [
        holds(&world),
        whole_bodies(&world),
        keys_and_callers(&world),
        bookings(&world),
        payments_and_cancellations(&world),
        not_there(&world),
        searches(&world),
        flights(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut wrong = vec![];
    for case in &table {
        if let Err(difference) = check(&system, case).await {
            wrong.push(format!("{}: {difference}", case.name));
        }
    }
    let (slow, large) = tokio::join!(slow_body(&system), large_bodies(&system));
    wrong.extend(slow.err());
    wrong.extend(large);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
    assert_eq!(head(&system).await, before, "no event was appended");
    println!("{} cases of bad input, no event", table.len() + 4);
}

async fn head(system: &System) -> u64 {
    system.stranger().get("/health/ready").await.expect(200).number("/position")
}

/// Some good input first; nothing of it is under way any more when it returns.
async fn world(system: &System) -> World {
    let customer = system.client("customer");
    let offering = customer.offerings(&system.date(10)).await.remove(0);
    let first_date = system.ready()["demo"]["first_date"].as_str().unwrap().to_owned();
    let past_offering = customer.offerings(&first_date).await.remove(0);
    let seats = customer.free_seats(&offering).await;
    let held = customer.hold(&[(&offering, &[&seats[1], &seats[2]])]).await.expect(201);
    let one = customer.hold(&[(&offering, &[&seats[3]])]).await.expect(201);
    let unpaid = customer.book(&one.text("/hold_id"), 1).await.expect(201).text("/booking_id");
    let confirmed = customer.buy(&offering, &[&seats[4]]).await.text("/booking_id");
    // Its fulfilment writes its own end after the booking's: the log is still when it has.
    let stream = format!("booking_fulfilment-{confirmed}");
    let begun = Instant::now();
    while !system
        .stream(&stream)
        .iter()
        .any(|event| event["type"] == "booking_fulfilment.completed.v1")
    {
        assert!(begun.elapsed().as_secs() < 30, "not completed: {:?}", system.stream(&stream));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    World {
        offering,
        past_offering,
        seat: seats[0].clone(),
        hold_id: held.text("/hold_id"),
        unpaid,
        confirmed,
    }
}

async fn check(system: &System, case: &Case) -> Result<(), String> {
    let client = match case.caller {
        "nobody" => system.stranger(),
        "forger" => Client::new(system.api(), Some("eyJhbGciOiJIUzI1NiJ9.e30.AAAA")),
        caller => system.client(caller),
    };
    let mut request = client.request(case.method.parse::<Method>().unwrap(), &case.path);
    for (name, value) in &case.headers {
        request = request.header(*name, value);
    }
    if let Some(body) = &case.body {
        request = request.body(body.clone());
    }
    let answer = client.try_send(request).await.map_err(|error| format!("no answer: {error}"))?;
    problem(&answer, case.status, case.code, case.field)
}

/// Holds a problem document against what was expected.
fn problem(answer: &Answer, status: u16, code: &str, field: Option<&str>) -> Result<(), String> {
    let content_type = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
    let document = &answer.body;
    for (what, is, wanted) in [
        ("status", json!(answer.status), json!(status)),
        ("content type", json!(content_type), json!("application/problem+json")),
        ("`status`", document["status"].clone(), json!(status)),
        ("`code`", document["code"].clone(), json!(code)),
        ("`type`", document["type"].clone(), json!(format!("/problems/{code}"))),
        ("`field`", document["field"].clone(), json!(field)),
    ] {
        if is != wanted {
            return Err(format!("{what} is {is}, not {wanted}, in {} {document}", answer.status));
        }
    }
    if status == 503 && !answer.headers.contains_key("retry-after") {
        return Err(format!("no Retry-After: {document}"));
    }
    if document["title"].as_str().is_none_or(str::is_empty) {
        return Err(format!("no title: {document}"));
    }
    Ok(())
}

fn holds(world: &World) -> Vec<Case> {
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

fn whole_bodies(world: &World) -> Vec<Case> {
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

fn keys_and_callers(world: &World) -> Vec<Case> {
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

fn bookings(world: &World) -> Vec<Case> {
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

fn payments_and_cancellations(world: &World) -> Vec<Case> {
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

fn not_there(world: &World) -> Vec<Case> {
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
        Case::send("PUT", "unknown method", "/v1/holds", None).is(404, "no_such_route", ""),
    ]
}

fn searches(world: &World) -> Vec<Case> {
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

fn flights() -> Vec<Case> {
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

/// Five megabytes, with a length said before and without one.
async fn large_bodies(system: &System) -> Vec<String> {
    let mut wrong = vec![];
    let five = 5 * 1024 * 1024;
    let length = format!("Content-Length: {five}\r\n");
    let mut plain = post_head(system, &length);
    plain.extend(std::iter::repeat_n(b' ', five));
    let mut chunked = post_head(system, "Transfer-Encoding: chunked\r\n");
    for _ in 0..five / 65_536 {
        chunked.extend(b"10000\r\n");
        chunked.extend(std::iter::repeat_n(b' ', 65_536));
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    for (what, bytes) in [("5 MB", plain), ("5 MB in chunks", chunked)] {
        let answer = over_tcp(system, move |mut out| async move {
            // The server may refuse before it has read all of it.
            let _ = out.write_all(&bytes).await;
            out
        })
        .await;
        let told =
            answer.and_then(|answer| problem(&answer, 413, "body_too_large", Some("(body)")));
        wrong.extend(told.err().map(|error| format!("{what}: {error}")));
    }
    wrong
}

/// A byte a second: told so within the deadline, not when the client is done.
async fn slow_body(system: &System) -> Result<(), String> {
    let begun = Instant::now();
    let head = post_head(system, "Content-Length: 100\r\n");
    let answer = over_tcp(system, move |mut out| async move {
        let _ = out.write_all(&head).await;
        for _ in 0..100 {
            if out.write_all(b" ").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        out
    })
    .await?;
    if begun.elapsed() > BODY_DEADLINE + Duration::from_secs(3) {
        return Err(format!("slow body: answered after {:?}", begun.elapsed()));
    }
    problem(&answer, 408, "body_too_slow", None).map_err(|error| format!("slow body: {error}"))
}

fn post_head(system: &System, header: &str) -> Vec<u8> {
    let token = system.ready()["tokens"]["customer"].as_str().unwrap();
    format!(
        "POST /v1/holds HTTP/1.1\r\nHost: holdfast\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: {}\r\n{header}\r\n",
        new_key()
    )
    .into_bytes()
}

/// Writes as told, and meanwhile reads one answer.
async fn over_tcp<W>(
    system: &System,
    write: impl FnOnce(tokio::net::tcp::OwnedWriteHalf) -> W,
) -> Result<Answer, String>
where
    W: Future<Output = tokio::net::tcp::OwnedWriteHalf> + Send + 'static,
{
    let address = system.api().trim_start_matches("http://");
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let (mut input, output) = stream.into_split();
    let writing = tokio::spawn(write(output));
    let mut bytes = vec![];
    let read = async {
        let mut some = [0; 4096];
        loop {
            match input.read(&mut some).await {
                Ok(0) => return Ok(()),
                Ok(count) => bytes.extend_from_slice(&some[..count]),
                // It has answered and gone away, while this still wrote.
                Err(_) if whole(&bytes).is_some() => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
            if whole(&bytes).is_some() {
                return Ok(());
            }
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(60), read).await;
    writing.abort();
    read.map_err(|_| "no answer within a minute".to_owned())??;
    whole(&bytes).ok_or_else(|| format!("half an answer: {}", String::from_utf8_lossy(&bytes)))
}

/// An answer, if all of it is there.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: reqwest::header::HeaderMap = lines
        .filter_map(|line| line.split_once(": "))
        .filter_map(|(name, value)| {
            let name = name.parse::<reqwest::header::HeaderName>().ok()?;
            Some((name, value.parse().ok()?))
        })
        .collect();
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?;
    Some(Answer { status, body: serde_json::from_slice(body).ok()?, headers })
}
