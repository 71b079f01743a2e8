use crate::booking_fulfilment::{
    Begin, Command, Event, Fulfilment, PartStatus, PaymentStatus, Rejection, State, Step, react,
};
use crate::{Instant, OfferingId};

/// What an outcome adds to what this process remembers.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Begin(begin) => Ok(begin_fulfilment(state, begin)),
        Command::RecordHoldsExtended { at } => {
            let fulfilment = begun(state)?;
            let done = fulfilment.holds_extended;
            next(fulfilment, done, |step| *step == Step::ExtendHolds, Event::HoldsExtended { at })
        }
        Command::RecordPaymentAuthorised { at } => {
            let fulfilment = begun(state)?;
            let done = fulfilment.payment == PaymentStatus::Authorised;
            next(fulfilment, done, authorises, Event::PaymentAuthorised { at })
        }
        Command::RecordPaymentDeclined { at } => {
            let fulfilment = begun(state)?;
            let done = fulfilment.payment == PaymentStatus::Declined;
            next(fulfilment, done, authorises, Event::PaymentDeclined { at })
        }
        Command::RecordSeatsBooked { offering_id, at } => {
            let fulfilment = begun(state)?;
            let done = status_of(fulfilment, offering_id) == Some(PartStatus::Booked);
            let expected = |step: &Step| matches!(step, Step::BookSeats(part) if part.offering_id == offering_id);
            next(fulfilment, done, expected, Event::SeatsBooked { offering_id, at })
        }
        Command::RecordSeatsRefused { offering_id, cause, at } => {
            refused(begun(state)?, offering_id, cause, at)
        }
        Command::RecordPaymentCaptured { at } => {
            let fulfilment = begun(state)?;
            let done = fulfilment.payment == PaymentStatus::Captured;
            let expected = |step: &Step| *step == Step::CapturePayment;
            next(fulfilment, done, expected, Event::PaymentCaptured { at })
        }
        Command::RecordSeatsGivenBack { offering_id, at } => {
            let fulfilment = begun(state)?;
            let done = status_of(fulfilment, offering_id) == Some(PartStatus::GivenBack);
            let expected = |step: &Step| *step == Step::GiveSeatsBack(offering_id);
            next(fulfilment, done, expected, Event::SeatsGivenBack { offering_id, at })
        }
        Command::RecordPaymentVoided { at } => {
            let fulfilment = begun(state)?;
            let done = fulfilment.payment == PaymentStatus::Voided;
            let expected = |step: &Step| *step == Step::VoidPayment;
            next(fulfilment, done, expected, Event::PaymentVoided { at })
        }
        Command::Complete { at } => complete(begun(state)?, at),
    }
}

fn begun(state: &State) -> Result<&Fulfilment, Rejection> {
    match state {
        State::Unbegun => Err(Rejection::NotBegun),
        State::Begun(fulfilment) => Ok(fulfilment),
    }
}

fn authorises(step: &Step) -> bool {
    *step == Step::AuthorisePayment
}

/// An outcome is remembered when it answers the step that is due, and repeated when it did.
fn next(
    fulfilment: &Fulfilment,
    done: bool,
    expected: impl Fn(&Step) -> bool,
    event: Event,
) -> Result<Vec<Event>, Rejection> {
    match react(fulfilment) {
        Some(step) if expected(&step) => Ok(vec![event]),
        Some(_) | None if done => Ok(vec![]),
        Some(_) | None => Err(Rejection::OutOfOrder),
    }
}

fn status_of(fulfilment: &Fulfilment, offering_id: OfferingId) -> Option<PartStatus> {
    fulfilment
        .parts
        .iter()
        .find(|(part, _)| part.offering_id == offering_id)
        .map(|(_, status)| *status)
}

fn begin_fulfilment(state: &State, mut begin: Begin) -> Vec<Event> {
    if let State::Begun(_) = state {
        return vec![];
    }
    begin.parts.sort_by_key(|part| part.offering_id);
    vec![Event::Begun {
        booking_id: begin.booking_id,
        payment_id: begin.payment_id,
        amount: begin.amount,
        method: begin.method,
        owner: begin.owner,
        hold: begin.hold,
        parts: begin.parts,
        at: begin.at,
    }]
}

/// Seats can be lost while their hold is extended, or when they are booked.
fn refused(
    fulfilment: &Fulfilment,
    offering_id: OfferingId,
    cause: String,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    let done = status_of(fulfilment, offering_id) == Some(PartStatus::Refused);
    let expected = |step: &Step| match step {
        Step::ExtendHolds => status_of(fulfilment, offering_id).is_some(),
        Step::BookSeats(part) => part.offering_id == offering_id,
        Step::AuthorisePayment
        | Step::CapturePayment
        | Step::GiveSeatsBack(_)
        | Step::VoidPayment
        | Step::TellBooking(_) => false,
    };
    next(fulfilment, done, expected, Event::SeatsRefused { offering_id, cause, at })
}

fn complete(fulfilment: &Fulfilment, at: Instant) -> Result<Vec<Event>, Rejection> {
    match react(fulfilment) {
        Some(Step::TellBooking(ending)) => Ok(vec![Event::Completed { ending, at }]),
        None => Ok(vec![]),
        Some(
            Step::ExtendHolds
            | Step::AuthorisePayment
            | Step::BookSeats(_)
            | Step::CapturePayment
            | Step::GiveSeatsBack(_)
            | Step::VoidPayment,
        ) => Err(Rejection::OutOfOrder),
    }
}
