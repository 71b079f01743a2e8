//! Beginning, paying and cancelling bookings.

mod begin;
mod cancel;
mod pay;
mod travellers;

use access::Caller;
use aggregates::derive_id;
use domain::BookingId;
use domain::booking::{Booking, State};
use domain::hold::HoldRef;
use problem::Problem;

use crate::Commands;
use crate::problems::load_problem;

pub(crate) use begin::begin;
pub(crate) use cancel::{cancel, quote_cancellation};
pub(crate) use pay::pay;

/// The booking that a hold becomes: one at the most, for its id follows from the hold's.
pub(crate) fn booking_of_hold(hold: HoldRef) -> BookingId {
    BookingId(derive_id(hold.hold_id().0, &format!("booking of {hold}")))
}

/// A booking of the caller's; a stranger's is as good as none.
async fn own_booking(
    commands: &Commands,
    booking_id: &str,
    caller: &Caller,
) -> Result<Booking, Problem> {
    let not_found = || Problem::not_found("booking");
    let booking_id: BookingId = booking_id.parse().map_err(|_| not_found())?;
    let loaded = commands.aggregates.bookings.load(booking_id).await.map_err(load_problem)?;
    match &*loaded.state {
        State::Begun(booking) if *booking.owner.0 == *caller.subject => Ok((**booking).clone()),
        State::Begun(_) | State::Unbegun => Err(not_found()),
    }
}
