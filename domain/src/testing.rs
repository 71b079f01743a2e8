//! Given these events, when this command, then these events, or this refusal: how the rules are
//! tested. Whatever succeeds is repeated on the events it made, and must then emit nothing.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "times and amounts of tests are small, and an overflow fails the test"
)]

pub(crate) mod world;

use uuid::Uuid;

use crate::seat_inventory::SeatId;
use crate::{Currency, CustomerId, Decider, Instant, Money, Sealed};

/// What has happened so far.
pub(crate) fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
    Given { state: fold::<D>(D::initial_state(), &events.into_iter().collect::<Vec<_>>()) }
}

/// The state that events lead to.
pub(crate) fn fold<D: Decider>(state: D::State, events: &[D::Event]) -> D::State {
    events.iter().fold(state, D::evolve)
}

/// See [`given`].
pub(crate) struct Given<D: Decider> {
    state: D::State,
}

impl<D: Decider> Given<D> {
    /// What is asked.
    pub(crate) fn when(self, command: D::Command) -> When<D> {
        let answer = D::decide(&self.state, command.clone());
        When { state: self.state, command, answer }
    }
}

/// See [`Given::when`].
pub(crate) struct When<D: Decider> {
    state: D::State,
    command: D::Command,
    answer: Result<Vec<D::Event>, D::Rejection>,
}

impl<D: Decider> When<D> {
    /// These events are the answer, and the repeated command emits nothing.
    #[track_caller]
    pub(crate) fn then(self, expected: impl IntoIterator<Item = D::Event>) {
        let repeat = self.repeat_after(expected.into_iter().collect());
        assert_eq!(repeat, Ok(vec![]), "the repeated command");
    }

    /// These events are the answer, and the repeated command is refused, for a stated reason.
    #[track_caller]
    pub(crate) fn then_once(
        self,
        expected: impl IntoIterator<Item = D::Event>,
        refusal_of_the_repeat: D::Rejection,
        why: &str,
    ) {
        let repeat = self.repeat_after(expected.into_iter().collect());
        assert_eq!(repeat, Err(refusal_of_the_repeat), "{why}");
    }

    /// It is already so.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        assert_eq!(self.answer, Ok(vec![]));
    }

    /// It is refused.
    #[track_caller]
    pub(crate) fn then_refused(self, expected: D::Rejection) {
        assert_eq!(self.answer, Err(expected));
    }

    #[track_caller]
    fn repeat_after(self, expected: Vec<D::Event>) -> Result<Vec<D::Event>, D::Rejection> {
        assert_eq!(self.answer, Ok(expected.clone()));
        assert!(!expected.is_empty(), "say then_nothing");
        D::decide(&fold::<D>(self.state, &expected), self.command)
    }
}

/// That many seconds into the test.
pub(crate) fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(1_357_034_400 + seconds, 0).unwrap()
}

/// The last moment before.
pub(crate) fn just_before(moment: Instant) -> Instant {
    moment - chrono::TimeDelta::nanoseconds(1)
}

/// An id.
pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// So many cents.
pub(crate) fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::parse("USD").unwrap())
}

/// So many cents of another currency.
pub(crate) fn eur(cents: i64) -> Money {
    Money::new(cents, Currency::parse("EUR").unwrap())
}

/// Someone.
pub(crate) fn customer(name: &str) -> CustomerId {
    CustomerId(name.into())
}

/// Seats, by their names with spaces between.
pub(crate) fn seats(names: &str) -> Vec<SeatId> {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

/// What the rules carry and never read.
pub(crate) fn sealed(subject: &str) -> Sealed {
    Sealed {
        subject: subject.into(),
        key_version: 1,
        nonce: vec![1, 2, 3],
        ciphertext: vec![4, 5, 6],
    }
}
