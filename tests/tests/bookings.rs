//! The whole path of a customer, from a search to a confirmed booking and back.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use reqwest::Method;
use scenarios::{Answer, Client, Options, System, TimetableFile, booking_of, holding, new_key};
use serde_json::{Value, json};

fn types(system: &System, stream: &str) -> Vec<String> {
    system.stream(stream).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

fn money(answer: &Answer, what: &str) -> u64 {
    answer.number(&format!("/money/{what}/amount"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_searches_holds_books_pays_and_cancels() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let customer = system.client("customer");
    let offerings = customer.offerings(&system.date(10)).await;
    assert!(offerings.len() > 12, "the scenarios below use an offering each: {}", offerings.len());

    confirmed_and_cancelled(&system, &customer, &offerings[0]).await;
    declined(&system, &customer, &offerings[1]).await;
    cancelled_before_paying(&system, &customer, &offerings[2]).await;
    several_travellers_on_two_offerings(&system, &customer, &offerings[3], &offerings[4]).await;
    best_seats(&customer, &offerings[5]).await;
    repeated_writes(&system, &customer, &offerings[6], &offerings[7]).await;
    repeated_group_holds(&customer, &offerings[8], &offerings[9]).await;
    the_same_key_at_the_same_time(&system, &customer, &offerings[10]).await;
}

async fn confirmed_and_cancelled(system: &System, customer: &Client, offering: &str) {
    let before = customer.seats(offering, 0).await;
    let seats = customer.free_seats(offering).await;
    let (one, two) = (seats[0].as_str(), seats[1].as_str());
    let held = customer.hold(&[(offering, &[one, two])]).await.expect(201);
    assert_eq!(held.at("/items/0/offering_id"), offering);
    let states = customer.seats(offering, held.number("/position")).await;
    assert_eq!((&*states[one], &*states[two]), ("held", "held"), "the map shows the hold");
    let total = held.number("/total/amount");
    assert!(total > 0, "{held:?}");

    let begun = customer.book(&held.text("/hold_id"), 2).await.expect(201);
    let booking_id = begun.text("/booking_id");
    let path = format!("/v1/bookings/{booking_id}");
    assert_eq!(begun.text("/state"), "awaiting_payment");
    assert_eq!(begun.text("/locator").len(), 6);
    let read = customer
        .request(Method::GET, &format!("{path}?min_position={}", begun.number("/position")));
    let read = customer.send(read.header("Prefer", "wait=10")).await.expect(200);
    assert_eq!(read.text("/locator"), begun.text("/locator"), "the write is seen at its position");
    assert_eq!(read.text("/state"), "awaiting_payment");
    assert_eq!(read.text("/travellers/0/name"), "Traveller 1", "the owner sees the names");
    assert_eq!(*read.at("/available_actions"), json!(["pay", "cancel"]));
    let again = customer.book(&held.text("/hold_id"), 2).await.expect(409);
    assert_eq!(again.text("/code"), "hold_is_booked", "a hold becomes one booking");

    let other = json!({"method": "card", "amount": {"amount": total + 1, "currency": "USD"}});
    let refused = customer.post(&format!("{path}/payment"), &other).await.expect(409);
    assert_eq!(refused.text("/field"), "amount.amount", "another amount is not taken");
    let agreed = json!({"method": "card", "amount": {"amount": total, "currency": "USD"}});
    let paid = customer.post(&format!("{path}/payment"), &agreed).await.expect(202);
    let paying = customer.get(&format!("{path}?min_position={}", paid.number("/position"))).await;
    assert_ne!(paying.expect(200).text("/state"), "awaiting_payment", "the payment is seen");
    let confirmed = customer
        .until(&booking_id, "confirmed and captured", |booking| {
            booking["state"] == "confirmed" && booking["money"]["captured"]["amount"] == total
        })
        .await;
    assert_eq!(money(&confirmed, "total"), total);
    assert_eq!(*confirmed.at("/available_actions"), json!(["cancel"]));
    let states = customer.seats(offering, confirmed.number("/position")).await;
    assert_eq!((&*states[one], &*states[two]), ("booked", "booked"), "the map shows the booking");
    let payment = system.stream(&format!("payment-{}", paid.text("/payment_id")));
    let captured: Vec<&Value> =
        payment.iter().filter(|event| event["type"] == "payment.captured.v1").collect();
    assert_eq!(captured.len(), 1, "captured once: {payment:?}");
    assert_eq!(captured[0]["data"]["amount"]["amount"], total, "all of it was captured");
    let second = customer.pay(&booking_id, "card").await.expect(409);
    assert_eq!(second.text("/code"), "another_payment", "it is paid once");

    let quote = customer.post(&format!("{path}/cancellation-quote"), &json!({})).await.expect(200);
    assert_eq!(quote.number("/refund/amount"), total, "days before, everything is paid back");
    assert_eq!(quote.number("/penalty/amount"), 0);
    let wrong = json!({"agreed_refund": {"amount": total - 1, "currency": "USD"}});
    let refused = customer.post(&format!("{path}/cancellation"), &wrong).await.expect(409);
    assert_eq!(refused.text("/code"), "refund_changed");
    assert_eq!(refused.text("/field"), "agreed_refund.amount");
    assert_eq!(refused.number("/refund/amount"), total, "the refusal says the refund");
    let agreed = json!({"agreed_refund": quote.at("/refund")});
    let cancelled = customer.post(&format!("{path}/cancellation"), &agreed).await.expect(200);
    assert_eq!(cancelled.number("/refund/amount"), total);
    let shown =
        customer.get(&format!("{path}?min_position={}", cancelled.number("/position"))).await;
    assert_eq!(shown.expect(200).text("/state"), "cancelled");
    let refunded = customer
        .until(&booking_id, "refunded", |booking| booking["money"]["refunded"]["amount"] == total)
        .await;
    assert_eq!(*refunded.at("/available_actions"), json!([]));
    seats_become(customer, offering, &before).await;
    let payment = types(system, &format!("payment-{}", paid.text("/payment_id")));
    let refunds = payment.iter().filter(|name| *name == "payment.refunded.v1").count();
    assert_eq!(refunds, 1, "refunded once: {payment:?}");
    let again = customer.post(&format!("{path}/cancellation"), &json!({})).await.expect(409);
    assert_eq!(again.text("/state"), "cancelled");
}

/// The seat map is that, before long: processes give seats back.
async fn seats_become(
    customer: &Client,
    offering: &str,
    wanted: &std::collections::BTreeMap<String, String>,
) {
    let begun = std::time::Instant::now();
    loop {
        let now = customer.seats(offering, 0).await;
        if now == *wanted {
            return;
        }
        assert!(begun.elapsed().as_secs() < 30, "seats of {offering} are not free: {now:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn declined(system: &System, customer: &Client, offering: &str) {
    let before = customer.seats(offering, 0).await;
    let seats = customer.free_seats(offering).await;
    let held = customer.hold(&[(offering, &[&seats[0]])]).await.expect(201);
    let begun = customer.book(&held.text("/hold_id"), 1).await.expect(201);
    let booking_id = begun.text("/booking_id");
    let paid = customer.pay(&booking_id, "card_declined").await.expect(202);
    let failed =
        customer.until(&booking_id, "failed", |booking| booking["state"] == "failed").await;
    assert_eq!(money(&failed, "captured"), 0);
    assert_eq!(*failed.at("/available_actions"), json!([]));
    seats_become(customer, offering, &before).await;
    let payment = types(system, &format!("payment-{}", paid.text("/payment_id")));
    assert!(payment.contains(&"payment.declined.v1".to_owned()), "{payment:?}");
    assert!(!payment.iter().any(|name| name.contains("captur")), "nothing captured: {payment:?}");
    let refused = customer.pay(&booking_id, "card").await.expect(409);
    assert_eq!(refused.text("/code"), "not_now", "a failed booking is over");
    customer.buy(offering, &[&seats[0]]).await;
}

async fn cancelled_before_paying(system: &System, customer: &Client, offering: &str) {
    let before = customer.seats(offering, 0).await;
    let seats = customer.free_seats(offering).await;
    let held = customer.hold(&[(offering, &[&seats[0]])]).await.expect(201);
    let begun = customer.book(&held.text("/hold_id"), 1).await.expect(201);
    let booking_id = begun.text("/booking_id");
    let path = format!("/v1/bookings/{booking_id}/cancellation");
    let cancelled = customer.post(&path, &json!({})).await.expect(200);
    assert_eq!(cancelled.number("/refund/amount"), 0, "nothing was paid");
    assert_eq!(cancelled.number("/penalty/amount"), 0);
    seats_become(customer, offering, &before).await;
    customer.pay(&booking_id, "card").await.expect(409);
    let booking = types(system, &format!("booking-{booking_id}"));
    assert_eq!(booking, ["booking.begun.v1", "booking.cancelled.v1"]);
    // The key outlives the seats: what was cancelled stays so for whoever takes them next.
    customer.buy(offering, &[&seats[0]]).await;
}

async fn several_travellers_on_two_offerings(
    system: &System,
    customer: &Client,
    out: &str,
    on: &str,
) {
    let first = customer.free_seats(out).await;
    let second = customer.free_seats(on).await;
    let parts: [(&str, &[&str]); 2] =
        [(out, &[&first[0], &first[1], &first[2]]), (on, &[&second[0], &second[1], &second[2]])];
    let held = customer.hold(&parts).await.expect(201);
    assert_eq!(held.text("/hold_id").len(), 32, "a hold over several has a name of its own");
    let seen = customer.get(&format!("/v1/holds/{}", held.text("/hold_id"))).await.expect(200);
    assert_eq!(seen.at("/items"), held.at("/items"));
    assert_eq!(seen.at("/total"), held.at("/total"));
    let two = customer.book(&held.text("/hold_id"), 2).await.expect(422);
    assert_eq!(two.text("/code"), "travellers_do_not_match_seats");
    let begun = customer.book(&held.text("/hold_id"), 3).await.expect(201);
    assert_eq!(begun.at("/total"), held.at("/total"));
    let booking_id = begun.text("/booking_id");
    customer.pay(&booking_id, "card").await.expect(202);
    let confirmed =
        customer.until(&booking_id, "confirmed", |booking| booking["state"] == "confirmed").await;
    assert_eq!(confirmed.at("/items").as_array().unwrap().len(), 6, "a seat each on each leg");
    for (offering, seats) in parts {
        let states = customer.seats(offering, confirmed.number("/position")).await;
        for seat in seats {
            assert_eq!(states[*seat], "booked", "{offering} {seat}");
        }
        let stream = types(system, &format!("seat_inventory-{offering}"));
        assert_eq!(stream.iter().filter(|name| name.contains("seats_booked")).count(), 1);
    }
    let again = customer.book(&held.text("/hold_id"), 3).await.expect(409);
    assert_eq!(again.text("/code"), "hold_is_booked");
}

async fn best_seats(customer: &Client, offering: &str) {
    let best = |best: Value| json!({"items": [{"offering_id": offering, "best": best}]});
    let asked = best(json!({"count": 3, "cabin": "economy", "together": true}));
    let held = customer.post("/v1/holds", &asked).await.expect(201);
    let seats = held.at("/items/0/seats").as_array().unwrap().clone();
    assert_eq!(seats.len(), 3);
    let rows: std::collections::BTreeSet<String> = seats
        .iter()
        .map(|seat| seat["seat"].as_str().unwrap())
        .map(|seat| seat[..seat.len() - 1].to_owned())
        .collect();
    assert_eq!(rows.len(), 1, "together is one row: {seats:?}");
    let states = customer.seats(offering, held.number("/position")).await;
    for seat in &seats {
        assert_eq!(states[seat["seat"].as_str().unwrap()], "held");
    }
    let nowhere = best(json!({"count": 1, "cabin": "balcony"}));
    let refused = customer.post("/v1/holds", &nowhere).await.expect(409);
    assert_eq!(refused.text("/code"), "not_enough_seats");
    assert_eq!(refused.text("/field"), "items[0].best");
}

/// Sends it twice, holds the answers against each other, and then under the same key otherwise.
async fn twice(customer: &Client, path: &str, body: &Value, other: &Value) -> Answer {
    let key = new_key();
    let first = customer.post_as(&key, path, body).await;
    let again = customer.post_as(&key, path, body).await;
    assert_eq!(first.status, again.status, "{path} again: {again:?}");
    assert_eq!(first.body, again.body, "{path} again");
    assert!(first.status < 300, "{path}: {first:?}");
    let otherwise = customer.post_as(&key, path, other).await.expect(422);
    assert_eq!(otherwise.text("/code"), "key_reused", "{path} with another body");
    assert_eq!(otherwise.text("/field"), "Idempotency-Key");
    first
}

async fn repeated_writes(system: &System, customer: &Client, offering: &str, another: &str) {
    let seats = customer.free_seats(offering).await;
    let (hold_key, hold_body) = (new_key(), holding(&[(offering, &[&seats[0]])]));
    let held = customer.post_as(&hold_key, "/v1/holds", &hold_body).await.expect(201);
    let otherwise = holding(&[(offering, &[&seats[1]])]);
    let other_body = customer.post_as(&hold_key, "/v1/holds", &otherwise).await.expect(422);
    assert_eq!(other_body.text("/code"), "key_reused");
    let hold_id = held.text("/hold_id");
    let renewal = format!("/v1/holds/{hold_id}/renewal");
    let renewal_key = new_key();
    let renewed = customer.post_as(&renewal_key, &renewal, &json!({})).await.expect(200);
    customer.post(&renewal, &json!({})).await.expect(200);
    let again = customer.post_as(&renewal_key, &renewal, &json!({})).await.expect(200);
    assert_eq!(again.body, renewed.body, "a renewal repeated after another one");

    let booking = booking_of(&hold_id, 1);
    let mut otherwise = booking.clone();
    otherwise["contact"]["email"] = "other@example.org".into();
    let begun = twice(customer, "/v1/bookings", &booking, &otherwise).await;
    let booking_id = begun.text("/booking_id");
    let path = |last: &str| format!("/v1/bookings/{booking_id}/{last}");
    let (card, declined) = (json!({"method": "card"}), json!({"method": "card_declined"}));
    let payment_key = new_key();
    let paid = customer.post_as(&payment_key, &path("payment"), &card).await.expect(202);
    customer.until(&booking_id, "confirmed", |booking| booking["state"] == "confirmed").await;
    let again = customer.post_as(&payment_key, &path("payment"), &card).await.expect(202);
    assert_eq!(again.body, paid.body, "a payment repeated after it was confirmed");
    let otherwise = customer.post_as(&payment_key, &path("payment"), &declined).await.expect(422);
    assert_eq!(otherwise.text("/code"), "key_reused");

    let quote_key = new_key();
    let quote = customer.post_as(&quote_key, &path("cancellation-quote"), &json!({})).await;
    let quote = quote.expect(200);
    let again = customer.post_as(&quote_key, &path("cancellation-quote"), &json!({})).await;
    assert_eq!(again.expect(200).at("/refund"), quote.at("/refund"));
    let cancel_key = new_key();
    let agreed = json!({"agreed_refund": quote.at("/refund")});
    let cancelled = customer.post_as(&cancel_key, &path("cancellation"), &agreed).await.expect(200);
    let again = customer.post_as(&cancel_key, &path("cancellation"), &agreed).await.expect(200);
    assert_eq!(again.body, cancelled.body);
    let otherwise = customer.post_as(&cancel_key, &path("cancellation"), &json!({})).await;
    assert_eq!(otherwise.expect(422).text("/code"), "key_reused");

    // Everything has moved on; each first answer is still the answer, its position included.
    let held_again = customer.post_as(&hold_key, "/v1/holds", &hold_body).await.expect(201);
    assert_eq!(held_again.body, held.body, "a hold repeated after it was renewed and booked");
    let stream = system.stream(&format!("seat_inventory-{offering}"));
    let held_events: Vec<&Value> =
        stream.iter().filter(|event| event["type"] == "seat_inventory.seats_held.v1").collect();
    assert_eq!(held_events.len(), 1, "held once");
    assert_eq!(held_events[0]["position"], held.number("/position"), "the original position");

    let free = customer.free_seats(another).await;
    let released = holding(&[(another, &[&free[0]])]);
    let release_key = new_key();
    let first = customer.post_as(&release_key, "/v1/holds", &released).await.expect(201);
    let gone = customer.delete(&format!("/v1/holds/{}", first.text("/hold_id"))).await.expect(200);
    let again = customer.post_as(&release_key, "/v1/holds", &released).await.expect(201);
    assert_eq!(again.body, first.body, "a hold repeated after its release says what it said");
    let states = customer.seats(another, gone.number("/position")).await;
    assert_eq!(states[&free[0]], "free", "and holds nothing anew");
}

async fn repeated_group_holds(customer: &Client, out: &str, on: &str) {
    let (first, second) = (customer.free_seats(out).await, customer.free_seats(on).await);
    let body = holding(&[(out, &[&first[0]]), (on, &[&second[0]])]);
    let key = new_key();
    let held = customer.post_as(&key, "/v1/holds", &body).await.expect(201);
    let again = customer.post_as(&key, "/v1/holds", &body).await.expect(201);
    assert_eq!(again.body, held.body, "a hold over two, repeated");
    let otherwise = holding(&[(out, &[&first[1]]), (on, &[&second[1]])]);
    let otherwise = customer.post_as(&key, "/v1/holds", &otherwise).await.expect(422);
    assert_eq!(otherwise.text("/code"), "key_reused");
    let renewal = format!("/v1/holds/{}/renewal", held.text("/hold_id"));
    let renewal_key = new_key();
    let renewed = customer.post_as(&renewal_key, &renewal, &json!({})).await.expect(200);
    let again = customer.post_as(&renewal_key, &renewal, &json!({})).await.expect(200);
    assert_eq!(again.body, renewed.body, "a renewal of a hold over two, repeated");
    let again = customer.post_as(&key, "/v1/holds", &body).await.expect(201);
    assert_eq!(again.body, held.body, "a hold over two, repeated after its renewal");
    let path = format!("/v1/holds/{}", held.text("/hold_id"));
    let released = customer.delete(&path).await.expect(200);
    let again = customer.delete(&path).await.expect(200);
    assert_eq!(again.body, released.body, "a release of a hold over two, repeated");
}

async fn the_same_key_at_the_same_time(system: &System, customer: &Client, offering: &str) {
    let seats = customer.free_seats(offering).await;
    let held = at_once(customer, "/v1/holds", &holding(&[(offering, &[&seats[0]])]), 201).await;
    let booking = booking_of(&held.text("/hold_id"), 1);
    let begun = at_once(customer, "/v1/bookings", &booking, 201).await;
    let booking_id = begun.text("/booking_id");
    let path = format!("/v1/bookings/{booking_id}");
    let paid = at_once(customer, &format!("{path}/payment"), &json!({"method": "card"}), 202).await;
    customer.until(&booking_id, "confirmed", |booking| booking["state"] == "confirmed").await;
    at_once(customer, &format!("{path}/cancellation"), &json!({}), 200).await;
    customer
        .until(&booking_id, "refunded", |booking| {
            booking["money"]["refunded"] == booking["money"]["total"]
        })
        .await;
    for (stream, name) in [
        (format!("seat_inventory-{offering}"), "seat_inventory.seats_held.v1"),
        (format!("seat_inventory-{offering}"), "seat_inventory.seats_booked.v1"),
        (format!("booking-{booking_id}"), "booking.begun.v1"),
        (format!("booking-{booking_id}"), "booking.payment_started.v1"),
        (format!("booking-{booking_id}"), "booking.cancelled.v1"),
        (format!("payment-{}", paid.text("/payment_id")), "payment.captured.v1"),
        (format!("payment-{}", paid.text("/payment_id")), "payment.refunded.v1"),
    ] {
        let all = types(system, &stream);
        assert_eq!(all.iter().filter(|one| *one == name).count(), 1, "{stream} {name}: {all:?}");
    }
}

/// Twenty requests with one key at the same time: one effect, one answer.
async fn at_once(customer: &Client, path: &str, body: &Value, status: u16) -> Answer {
    let key = new_key();
    let requests = (0..20).map(|_| customer.post_as(&key, path, body));
    let answers = futures_util::future::join_all(requests).await;
    for answer in &answers {
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(answer.body, answers[0].body, "{path}: one answer");
    }
    answers[0].clone()
}
