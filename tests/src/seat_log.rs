use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// The id that events know a hold on one offering by: the first part of its name.
pub fn hold_of(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_owned()
}

#[derive(Debug, Clone, PartialEq)]
enum Taken {
    Held(String),
    Booked(String),
}

/// What the log says of seats, folded by rules written down here a second time.
#[derive(Default)]
pub struct SeatLog {
    /// Every hold there ever was: its offering and its seats.
    pub holds: BTreeMap<String, (String, BTreeSet<String>)>,
    taken: BTreeMap<(String, String), Taken>,
    until: BTreeMap<String, DateTime<Utc>>,
    /// Events of seats that were looked at.
    pub checked: usize,
}

impl SeatLog {
    /// Reads all of it; fails at the first event by which a seat is had twice at once.
    pub fn of(events: &[Value]) -> Self {
        let mut log = Self::default();
        for event in events {
            if let Some(offering) =
                event["stream"].as_str().and_then(|stream| stream.strip_prefix("seat_inventory-"))
            {
                log.fold(offering, event);
            }
        }
        log
    }

    /// Takes an event of an offering's seats; panics when it must not be.
    pub fn fold(&mut self, offering: &str, event: &Value) {
        let data = &event["data"];
        let at = || -> DateTime<Utc> { data["at"].as_str().unwrap().parse().unwrap() };
        let hold = data["hold_id"].as_str().unwrap_or_default().replace('-', "");
        let booking = data["booking_id"].as_str().unwrap_or_default().to_owned();
        let seats: BTreeSet<String> = data["seats"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|seat| seat["seat"].as_str().or(seat.as_str()).map(str::to_owned))
            .collect();
        let expires_at = || data["expires_at"].as_str().unwrap().parse().unwrap();
        self.checked += 1;
        match event["type"].as_str().unwrap() {
            "seat_inventory.opened.v1" => self.checked -= 1,
            "seat_inventory.seats_held.v1" => {
                for seat in &seats {
                    self.take(offering, seat, None, Taken::Held(hold.clone()), event);
                }
                self.until.insert(hold.clone(), expires_at());
                let before = self.holds.insert(hold, (offering.to_owned(), seats));
                assert!(before.is_none(), "a hold placed twice: {event}");
            }
            "seat_inventory.hold_extended.v1" => {
                self.until.insert(hold, expires_at());
            }
            "seat_inventory.hold_released.v1" => {
                self.free(offering, &seats, &Taken::Held(hold), event)
            }
            "seat_inventory.hold_expired.v1" => {
                let over = self.until[&hold] + TimeDelta::seconds(2);
                assert!(at() >= over, "expired before its time: {event}");
                self.free(offering, &seats, &Taken::Held(hold), event);
            }
            "seat_inventory.seats_booked.v1" => {
                for seat in &seats {
                    let from = Some(Taken::Held(hold.clone()));
                    self.take(offering, seat, from, Taken::Booked(booking.clone()), event);
                }
            }
            "seat_inventory.seats_returned.v1" => {
                self.free(offering, &seats, &Taken::Booked(booking), event);
            }
            other => panic!("the checker does not know {other}"),
        }
    }

    fn take(&mut self, offering: &str, seat: &str, from: Option<Taken>, by: Taken, event: &Value) {
        let before = self.taken.insert((offering.to_owned(), seat.to_owned()), by);
        assert!(before.is_none() || before == from, "{seat} is {before:?} already: {event}");
    }

    fn free(&mut self, offering: &str, seats: &BTreeSet<String>, of: &Taken, event: &Value) {
        for seat in seats {
            let before = self.taken.remove(&(offering.to_owned(), seat.clone()));
            assert_eq!(before.as_ref(), Some(of), "{seat} is freed by a stranger: {event}");
        }
    }
}
