use crate::booking_cancellation::{Cancellation, Command, Event, Rejection, State};

/// What an outcome adds to what this process remembers.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Begin { booking_id, hold, offerings, refund, at } => Ok(match state {
            State::Unbegun => vec![Event::Begun { booking_id, hold, offerings, refund, at }],
            State::Begun(_) => vec![],
        }),
        Command::RecordSeatsGivenBack { offering_id, at } => {
            let cancellation = begun(state)?;
            if cancellation.to_give_back.contains(&offering_id) {
                Ok(vec![Event::SeatsGivenBack { offering_id, at }])
            } else if cancellation.given_back.contains(&offering_id) {
                Ok(vec![])
            } else {
                Err(Rejection::NotPartOfIt)
            }
        }
        Command::RecordRefundPaid { at } => {
            let cancellation = begun(state)?;
            match cancellation.refund {
                None => Err(Rejection::NotPartOfIt),
                Some(_) if cancellation.refund_paid => Ok(vec![]),
                Some(_) => Ok(vec![Event::RefundPaid { at }]),
            }
        }
    }
}

fn begun(state: &State) -> Result<&Cancellation, Rejection> {
    match state {
        State::Unbegun => Err(Rejection::NotBegun),
        State::Begun(cancellation) => Ok(cancellation),
    }
}
