use domain::seat_inventory::policy::GRACE;
use domain::{BookingId, HoldId, Instant, OfferingId, booking, hold, seat_inventory};
use event_store::StreamName;
use eventstore_schema::AnyEvent;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::Tools;
use crate::open_items::Cause;
use crate::runner::{Process, Reaction};
use crate::step::{StepError, context};
use aggregates::{Context, ExecuteError};

/// Writes down what has expired: holds, and bookings that nobody paid. Nothing waits for it:
/// `decide` and every reader treat an expired hold as free whether or not this has run.
pub(crate) struct Expiry {
    pub(crate) tools: Tools,
}

/// Something with a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Deadline {
    /// A hold on one offering, or its part of a hold over several.
    Seats(OfferingId, HoldId),
    /// A hold over several offerings.
    Hold(HoldId),
    /// A booking that awaits its payment.
    Booking(BookingId),
}

impl Process for Expiry {
    type Key = Deadline;
    const NAME: &'static str = "expiry";
    const CATEGORIES: &'static [&'static str] = &["seat_inventory", "hold", "booking"];

    fn react(stream: &StreamName, event: &AnyEvent) -> Vec<Reaction<Deadline>> {
        let Ok(id) = stream.id().parse::<Uuid>() else { return vec![] };
        match event {
            AnyEvent::SeatInventory(event) => of_seats(OfferingId(id), event),
            AnyEvent::Hold(event) => of_hold(HoldId(id), event),
            AnyEvent::Booking(event) => of_booking(BookingId(id), event),
            _ => vec![],
        }
    }

    fn carry_out(
        &self,
        key: Deadline,
        cause: Cause,
        now: Instant,
    ) -> BoxFuture<'static, Result<(), StepError>> {
        Box::pin(expire(self.tools.clone(), key, cause, now))
    }
}

fn of_seats(offering_id: OfferingId, event: &seat_inventory::Event) -> Vec<Reaction<Deadline>> {
    use seat_inventory::Event;
    let key = |hold_id: &HoldId| Deadline::Seats(offering_id, *hold_id);
    vec![match event {
        Event::SeatsHeld { hold_id, expires_at, .. }
        | Event::HoldExtended { hold_id, expires_at, .. } => {
            Reaction::Open { key: key(hold_id), due: *expires_at + GRACE }
        }
        Event::HoldReleased { hold_id, .. }
        | Event::HoldExpired { hold_id, .. }
        | Event::SeatsBooked { hold_id, .. } => Reaction::Close { key: key(hold_id) },
        Event::Opened { .. } | Event::SeatsReturned { .. } => return vec![],
    }]
}

fn of_hold(hold_id: HoldId, event: &hold::Event) -> Vec<Reaction<Deadline>> {
    use hold::Event;
    let key = Deadline::Hold(hold_id);
    vec![match event {
        Event::Requested { expires_at, .. } | Event::Renewed { expires_at, .. } => {
            Reaction::Open { key, due: *expires_at + GRACE }
        }
        Event::Refused { .. }
        | Event::Released { .. }
        | Event::Expired { .. }
        | Event::Consumed { .. } => Reaction::Close { key },
        Event::Placed { .. } => return vec![],
    }]
}

fn of_booking(booking_id: BookingId, event: &booking::Event) -> Vec<Reaction<Deadline>> {
    use booking::Event;
    let key = Deadline::Booking(booking_id);
    vec![match event {
        Event::Begun { payment_limit, .. } => Reaction::Open { key, due: *payment_limit + GRACE },
        Event::PaymentStarted { .. }
        | Event::Confirmed { .. }
        | Event::Failed { .. }
        | Event::Expired { .. }
        | Event::Cancelled { .. } => Reaction::Close { key },
    }]
}

async fn expire(tools: Tools, key: Deadline, cause: Cause, at: Instant) -> Result<(), StepError> {
    let aggregates = &tools.aggregates;
    let of = |id: Uuid| -> Context { context(Expiry::NAME, id, "expire", cause, at) };
    match key {
        Deadline::Seats(offering_id, hold_id) => {
            let command = seat_inventory::Command::Expire { hold_id, at };
            let context = of(hold_id.0);
            aggregates.seat_inventories.execute(offering_id, command, context).await?;
        }
        Deadline::Hold(hold_id) => {
            let command = hold::Command::Expire { at };
            match aggregates.holds.execute(hold_id, command, of(hold_id.0)).await {
                Ok(_) | Err(ExecuteError::Rejected(hold::Rejection::NotExpiredYet)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Deadline::Booking(booking_id) => {
            let command = booking::Command::Expire { at };
            match aggregates.bookings.execute(booking_id, command, of(booking_id.0)).await {
                Ok(_) | Err(ExecuteError::Rejected(booking::Rejection::NotExpiredYet)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
