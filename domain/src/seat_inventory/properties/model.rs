//! A list of seats with an owner each, a list of holds, whole seconds: so plain that it is right at
//! sight. It knows nothing of the rules' own types.

use std::collections::{BTreeMap, BTreeSet};

/// Seats in the order of their places; `-` is an aisle, `.` a place where none can be had.
pub(super) const GRID: [&[&str]; 4] = [
    &["1A", "-", "1D"],
    &["2A", "-", "2D"],
    &["5H", "5J", "5K", "-", "5M"],
    &["6H", ".", "6K", "-", "."],
];
pub(super) const FRONT: [usize; 2] = [0, 1];
pub(super) const CLOSE: i64 = 30_000;

/// What is asked, in the words of the model. Times are seconds; those of expiry are from now on.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Hold { hold: u8, owner: u8, seats: Vec<&'static str>, lasts: i64, exempt: bool },
    Best { hold: u8, owner: u8, count: usize, front: bool, together: bool, lasts: i64 },
    Extend { hold: u8, owner: u8, lasts: i64, payment: bool },
    Release { hold: u8 },
    Expire { hold: u8 },
    Confirm { hold: u8, booking: u8, seats: Option<Vec<&'static str>> },
    Return { booking: u8 },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Owner {
    Hold(u8),
    Booking(u8),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModelHold {
    pub(super) owner: u8,
    pub(super) seats: BTreeSet<&'static str>,
    pub(super) placed: i64,
    pub(super) until: i64,
    pub(super) renewals: u8,
    pub(super) paying: bool,
}

impl ModelHold {
    pub(super) fn is_the_longest(&self) -> bool {
        self.until == self.placed + 3_600
    }
}

/// The plain model.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Model {
    pub(super) last: i64,
    pub(super) owners: BTreeMap<&'static str, Owner>,
    pub(super) holds: BTreeMap<u8, ModelHold>,
}

/// What the model expects of a command.
#[derive(Debug, PartialEq)]
pub(super) enum Expected {
    Refused,
    Nothing,
    Done,
}

impl Model {
    /// Free to anyone, or in a hold that ended two seconds ago or earlier.
    fn can_be_had(&self, seat: &str, now: i64) -> bool {
        let exists = GRID.concat().contains(&seat);
        exists
            && match self.owners.get(seat) {
                None => true,
                Some(Owner::Booking(_)) => false,
                Some(Owner::Hold(hold)) => self.holds[hold].until + 2 <= now,
            }
    }

    /// Gives seats to an owner; whatever hold they were in is gone.
    fn give(&mut self, seats: &BTreeSet<&'static str>, new: Owner) {
        for seat in seats {
            if let Some(Owner::Hold(old)) = self.owners.get(seat).copied() {
                self.end_hold(old);
            }
        }
        self.owners.extend(seats.iter().map(|seat| (*seat, new)));
    }

    fn end_hold(&mut self, hold: u8) {
        self.owners.retain(|_, owner| *owner != Owner::Hold(hold));
        self.holds.remove(&hold);
    }

    fn seats_of(&self, owner: Owner) -> BTreeSet<&'static str> {
        let theirs = self.owners.iter().filter(|(_, has)| **has == owner);
        theirs.map(|(seat, _)| *seat).collect()
    }

    fn may_hold(&self, owner: u8, count: usize, now: i64, exempt: bool) -> bool {
        let theirs = self.holds.values().filter(|hold| hold.owner == owner && hold.until + 2 > now);
        let held: usize = theirs.map(|hold| hold.seats.len()).sum();
        exempt || held + count <= 9
    }

    /// Whether a party could sit as it asks, by looking at every stretch of every row.
    fn could_sit(&self, count: usize, front: bool, together: bool, now: i64) -> bool {
        let rows = (0..GRID.len()).filter(|row| !front || FRONT.contains(row));
        let rows: Vec<&[&str]> = rows.map(|row| GRID[row]).collect();
        let free = |seat: &&str| self.can_be_had(seat, now) && !["-", "."].contains(seat);
        if together {
            rows.iter().any(|row| row.windows(count).any(|stretch| stretch.iter().all(free)))
        } else {
            rows.concat().iter().filter(|seat| free(seat)).count() >= count
        }
    }

    /// `chosen` are the seats that the rules chose for a party, if they did.
    pub(super) fn asked(
        &mut self,
        ask: &Ask,
        clock: i64,
        chosen: Option<&[&'static str]>,
    ) -> Expected {
        let now = clock.max(self.last);
        let answer = self.answer(ask, clock, now, chosen);
        if answer == Expected::Done {
            self.last = now;
        }
        answer
    }

    fn answer(
        &mut self,
        ask: &Ask,
        clock: i64,
        now: i64,
        chosen: Option<&[&'static str]>,
    ) -> Expected {
        match ask {
            Ask::Hold { hold, owner, seats, lasts, exempt } => {
                let set: BTreeSet<&'static str> = seats.iter().copied().collect();
                if self.holds.contains_key(hold) {
                    return Expected::Nothing;
                }
                let good = now < CLOSE
                    && clock + lasts > now
                    && !seats.is_empty()
                    && set.len() == seats.len()
                    && set.iter().all(|seat| self.can_be_had(seat, now))
                    && self.may_hold(*owner, seats.len(), now, *exempt);
                self.place(good, *hold, *owner, set, now, clock + lasts)
            }
            Ask::Best { hold, owner, count, front, together, lasts } => {
                if self.holds.contains_key(hold) {
                    return Expected::Nothing;
                }
                let good = now < CLOSE
                    && clock + lasts > now
                    && (1..=9).contains(count)
                    && self.could_sit(*count, *front, *together, now)
                    && self.may_hold(*owner, *count, now, false);
                let set: BTreeSet<&'static str> =
                    chosen.unwrap_or_default().iter().copied().collect();
                if good {
                    let one_stretch = GRID.iter().any(|row| {
                        row.windows(*count).any(|stretch| set.iter().eq(sorted(stretch).iter()))
                    });
                    assert_eq!(set.len(), *count);
                    assert!(!*together || one_stretch, "not side by side: {set:?}");
                    assert!(set.iter().all(|seat| self.can_be_had(seat, now)));
                    let in_front = |seat: &&str| FRONT.iter().any(|row| GRID[*row].contains(seat));
                    assert!(!*front || set.iter().all(in_front));
                }
                self.place(good, *hold, *owner, set, now, clock + lasts)
            }
            Ask::Extend { hold, owner, lasts, payment } => {
                let Some(found) = self.holds.get_mut(hold) else { return Expected::Refused };
                if found.owner != *owner || now >= found.until {
                    return Expected::Refused;
                }
                let longest = found.placed + 3_600;
                if clock + lasts <= found.until || (*payment && found.paying) {
                    Expected::Nothing
                } else if !*payment && (found.renewals == 2 || found.until == longest) {
                    Expected::Refused
                } else if found.until == longest {
                    Expected::Nothing
                } else {
                    found.until = longest.min(clock + lasts);
                    found.paying |= *payment;
                    found.renewals += u8::from(!*payment);
                    Expected::Done
                }
            }
            Ask::Release { hold } => {
                let is_there = self.holds.contains_key(hold);
                self.end_hold(*hold);
                if is_there { Expected::Done } else { Expected::Nothing }
            }
            Ask::Expire { hold } => {
                if self.holds.get(hold).is_some_and(|hold| hold.until + 2 <= now) {
                    self.end_hold(*hold);
                    Expected::Done
                } else {
                    Expected::Nothing
                }
            }
            Ask::Confirm { hold, booking, .. } => {
                let set: BTreeSet<&'static str> =
                    chosen.unwrap_or_default().iter().copied().collect();
                if set.is_empty() {
                    return Expected::Refused;
                }
                if set.is_subset(&self.seats_of(Owner::Booking(*booking))) {
                    return Expected::Nothing;
                }
                let good = match self.holds.get(hold) {
                    Some(found) => found.seats == set,
                    None => set.iter().all(|seat| self.can_be_had(seat, now)),
                };
                if good {
                    self.give(&set, Owner::Booking(*booking));
                    Expected::Done
                } else {
                    Expected::Refused
                }
            }
            Ask::Return { booking } => {
                let owner = Owner::Booking(*booking);
                let had = !self.seats_of(owner).is_empty();
                self.owners.retain(|_, has| *has != owner);
                if had { Expected::Done } else { Expected::Nothing }
            }
        }
    }

    fn place(
        &mut self,
        good: bool,
        hold: u8,
        owner: u8,
        seats: BTreeSet<&'static str>,
        placed: i64,
        until: i64,
    ) -> Expected {
        if !good {
            return Expected::Refused;
        }
        self.give(&seats, Owner::Hold(hold));
        let until = until.min(placed + 3_600);
        let new = ModelHold { owner, seats, placed, until, renewals: 0, paying: false };
        self.holds.insert(hold, new);
        Expected::Done
    }
}

fn sorted(stretch: &[&'static str]) -> BTreeSet<&'static str> {
    stretch.iter().copied().collect()
}
