//! Bad input over HTTP: the right status, a problem document that names the field, and no event.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

mod bodies;
mod bookings;
mod case;
mod holds;
mod reading;
mod slow_and_large;

use std::time::{Duration, Instant};

use reqwest::Method;
use scenarios::{Answer, Client, Options, System, TimetableFile};
use serde_json::json;

use bodies::{keys_and_callers, whole_bodies};
use bookings::{bookings, payments_and_cancellations};
use case::{Case, World};
use holds::holds;
use reading::{flights, not_there, searches};
use slow_and_large::{large_bodies, slow_body};

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
pub(crate) fn problem(
    answer: &Answer,
    status: u16,
    code: &str,
    field: Option<&str>,
) -> Result<(), String> {
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
    if status == 405 && !answer.headers.contains_key("allow") {
        return Err(format!("no Allow: {document}"));
    }
    if status == 503 && !answer.headers.contains_key("retry-after") {
        return Err(format!("no Retry-After: {document}"));
    }
    if document["title"].as_str().is_none_or(str::is_empty) {
        return Err(format!("no title: {document}"));
    }
    Ok(())
}
