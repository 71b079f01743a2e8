use std::collections::{BTreeMap, HashMap, HashSet};

use domain::seat_inventory::{Event, SeatId};
use domain::{BookingId, HoldId, Instant};
use event_store::{RecordedEvent, StreamName};

use super::report::Section;

/// No seat of a hold is another's before this long after its end. Stated here again: this check
/// shares no rule with what it checks.
const GRACE: chrono::TimeDelta = chrono::TimeDelta::seconds(2);

/// Who has which seat, by the words of the events alone. Deliberately not the domain's fold: an
/// error there would hide itself.
#[derive(Default)]
pub(super) struct Seats {
    offerings: HashMap<StreamName, Offering>,
    ever: HashSet<StreamName>,
    pub(super) section: Section,
}

#[derive(Default)]
struct Offering {
    taken: BTreeMap<SeatId, Holder>,
    holds: BTreeMap<HoldId, Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Hold(HoldId),
    Booking(BookingId),
}

impl Seats {
    pub(super) fn see(&mut self, recorded: &RecordedEvent, event: &Event) {
        if let Event::Opened { .. } = event {
            return;
        }
        if !self.ever.contains(&recorded.stream) {
            self.ever.insert(recorded.stream.clone());
            self.section.checked = self.section.checked.saturating_add(1);
        }
        let offering = self.offerings.entry(recorded.stream.clone()).or_default();
        for what in offering.apply(event) {
            self.section.found(recorded, what);
        }
        if offering.taken.is_empty() && offering.holds.is_empty() {
            self.offerings.remove(&recorded.stream);
        }
    }

    /// How many seats each booking has.
    pub(super) fn booked(&self) -> HashMap<BookingId, usize> {
        let mut booked = HashMap::new();
        for holder in self.offerings.values().flat_map(|offering| offering.taken.values()) {
            if let Holder::Booking(booking_id) = holder {
                let seats: &mut usize = booked.entry(*booking_id).or_default();
                *seats = seats.saturating_add(1);
            }
        }
        booked
    }
}

impl Offering {
    /// Does what the event says, and answers what cannot be.
    fn apply(&mut self, event: &Event) -> Vec<String> {
        let mut wrong = Vec::new();
        match event {
            Event::Opened { .. } => {}
            Event::SeatsHeld { hold_id, seats, expires_at, .. } => {
                if self.holds.insert(*hold_id, *expires_at).is_some() {
                    wrong.push(format!("hold {hold_id} is placed a second time"));
                }
                for held in seats {
                    if let Some(holder) = self.taken.insert(held.seat, Holder::Hold(*hold_id)) {
                        wrong.push(format!(
                            "seat {} is held for {hold_id}, and {holder}",
                            held.seat
                        ));
                    }
                }
            }
            Event::HoldExtended { hold_id, expires_at, .. } => match self.holds.get_mut(hold_id) {
                Some(known) => *known = *expires_at,
                None => wrong.push(format!("hold {hold_id} is extended, and there is none")),
            },
            Event::HoldReleased { hold_id, seats, .. } => self.end(*hold_id, seats, &mut wrong),
            Event::HoldExpired { hold_id, seats, at, .. } => {
                let expires_at = self.holds.get(hold_id);
                if expires_at.is_some_and(|expires_at| *at < *expires_at + GRACE) {
                    wrong.push(format!("hold {hold_id} is taken away before its time"));
                }
                self.end(*hold_id, seats, &mut wrong);
            }
            Event::SeatsBooked { booking_id, hold_id, seats, .. } => {
                for held in seats {
                    let before = self.taken.insert(held.seat, Holder::Booking(*booking_id));
                    if let Some(holder) = before.filter(|holder| *holder != Holder::Hold(*hold_id))
                    {
                        let seat = held.seat;
                        wrong.push(format!("seat {seat} is booked for {booking_id}, and {holder}"));
                    }
                }
                self.forget(*hold_id, &mut wrong);
            }
            Event::SeatsReturned { booking_id, seats, .. } => {
                self.free(Holder::Booking(*booking_id), seats, &mut wrong);
            }
        }
        wrong
    }

    fn end(&mut self, hold_id: HoldId, seats: &[SeatId], wrong: &mut Vec<String>) {
        if !self.holds.contains_key(&hold_id) {
            wrong.push(format!("hold {hold_id} ends, and there is none"));
        }
        self.free(Holder::Hold(hold_id), seats, wrong);
        self.forget(hold_id, wrong);
    }

    /// A hold that is over has no seats left.
    fn forget(&mut self, hold_id: HoldId, wrong: &mut Vec<String>) {
        if self.holds.remove(&hold_id).is_none() {
            return;
        }
        self.taken.retain(|seat, holder| {
            let left = *holder == Holder::Hold(hold_id);
            if left {
                wrong.push(format!("hold {hold_id} is over, and {seat} is not said to be free"));
            }
            !left
        });
    }

    fn free(&mut self, holder: Holder, seats: &[SeatId], wrong: &mut Vec<String>) {
        for seat in seats {
            if self.taken.get(seat) == Some(&holder) {
                self.taken.remove(seat);
            } else {
                let actual = self.taken.get(seat).map_or("it is free".into(), Holder::to_string);
                wrong.push(format!("seat {seat} is given back, not by who has it: {actual}"));
            }
        }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hold(hold_id) => write!(f, "hold {hold_id} has it"),
            Self::Booking(booking_id) => write!(f, "booking {booking_id} has it"),
        }
    }
}
