use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Answer, Client};

/// What happens behind an answer has happened within this time.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);

/// What a customer's program does with the API, step by step.
impl Client {
    /// The flights from JFK to LAX on a date, by departure.
    pub async fn flights(&self, date: &str) -> Vec<Value> {
        let path = format!("/v1/flights?origin=JFK&destination=LAX&date={date}&limit=200");
        let found = self.get(&path).await.expect(200);
        found.at("/items").as_array().cloned().unwrap_or_default()
    }

    /// The offerings from JFK to LAX on a date, by departure.
    pub async fn offerings(&self, date: &str) -> Vec<String> {
        let flights = self.flights(date).await;
        flights
            .iter()
            .filter_map(|flight| flight["offering_id"].as_str().map(str::to_owned))
            .collect()
    }

    /// Each seat's state, at that position or later.
    pub async fn seats(&self, offering: &str, position: u64) -> BTreeMap<String, String> {
        let path = format!("/v1/offerings/{offering}/seat-map?min_position={position}");
        let map = self.get(&path).await.expect(200);
        let seats = map.at("/seats").as_array().cloned().unwrap_or_default();
        seats
            .iter()
            .map(|seat| (seat["seat"].as_str(), seat["state"].as_str()))
            .map(|(seat, state)| (seat.unwrap_or("?").to_owned(), state.unwrap_or("?").to_owned()))
            .collect()
    }

    /// Free seats of an offering, from the back: the cheap ones first. After everything that has
    /// been answered so far.
    pub async fn free_seats(&self, offering: &str) -> Vec<String> {
        let head = self.get("/health/ready").await.expect(200).number("/position");
        let seats = self.seats(offering, head).await;
        let mut free: Vec<String> =
            seats.into_iter().filter(|(_, state)| state == "free").map(|(seat, _)| seat).collect();
        free.sort_by_key(|seat| {
            let (row, column) = seat.split_at(seat.len() - 1);
            (std::cmp::Reverse(row.parse::<u32>().unwrap_or(0)), column.to_owned())
        });
        free
    }

    /// Asks for these seats.
    pub async fn hold(&self, parts: &[(&str, &[&str])]) -> Answer {
        self.post("/v1/holds", &holding(parts)).await
    }

    /// Asks for a booking of a hold.
    pub async fn book(&self, hold_id: &str, travellers: usize) -> Answer {
        self.post("/v1/bookings", &booking_of(hold_id, travellers)).await
    }

    /// Asks to pay a booking by that method.
    pub async fn pay(&self, booking_id: &str, method: &str) -> Answer {
        self.post(&format!("/v1/bookings/{booking_id}/payment"), &json!({"method": method})).await
    }

    /// Holds, books and pays, and waits until the booking is confirmed.
    pub async fn buy(&self, offering: &str, seats: &[&str]) -> Answer {
        let held = self.hold(&[(offering, seats)]).await.expect(201);
        let begun = self.book(&held.text("/hold_id"), seats.len()).await.expect(201);
        let booking_id = begun.text("/booking_id");
        self.pay(&booking_id, "card").await.expect(202);
        self.until(&booking_id, "confirmed", |booking| booking["state"] == "confirmed").await
    }

    /// The booking, once it is as described; fails when it does not become so.
    pub async fn until(
        &self,
        booking_id: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Answer {
        let begun = Instant::now();
        loop {
            let booking = self.get(&format!("/v1/bookings/{booking_id}")).await;
            if booking.status == 200 && wanted(&booking.body) {
                return booking;
            }
            assert!(begun.elapsed() < SETTLED_WITHIN, "not {what}: {booking:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A hold's request: these seats of these offerings.
pub fn holding(parts: &[(&str, &[&str])]) -> Value {
    let items: Vec<Value> = parts
        .iter()
        .map(|(offering, seats)| json!({"offering_id": offering, "seats": seats}))
        .collect();
    json!({ "items": items })
}

/// A booking's request, with so many travellers.
pub fn booking_of(hold_id: &str, travellers: usize) -> Value {
    let travellers: Vec<Value> = (1..=travellers)
        .map(|number| json!({"name": format!("Traveller {number}"), "birth_date": "1980-02-29"}))
        .collect();
    let contact = json!({"email": "someone@example.org", "phone": "+1 212 555 0100"});
    json!({"hold_id": hold_id, "travellers": travellers, "contact": contact})
}
