use std::collections::{BTreeMap, BTreeSet};

use crate::booking::cancellation_policy::{self, Terms};
use crate::booking::{
    Begin, Booking, Command, Event, FailureReason, Item, Rejection, State, Status,
};
use crate::seat_inventory::SeatId;
use crate::seat_inventory::policy::GRACE;
use crate::{Instant, Money, OfferingId, PaymentId};

/// What a command makes happen to a booking.
///
/// # Errors
/// See [`Rejection`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Begin(begin) => begin_booking(state, begin),
        Command::StartPayment { payment_id, method, at } => {
            start_payment(begun(state)?, payment_id, method, at)
        }
        Command::Confirm { payment_id, at } => confirm(begun(state)?, payment_id, at),
        Command::Fail { reason, at } => fail(begun(state)?, reason, at),
        Command::Expire { at } => expire(begun(state)?, at),
        Command::Cancel { agreed_refund, at } => cancel(begun(state)?, agreed_refund, at),
    }
}

/// What a cancellation would pay back now.
///
/// # Errors
/// As the cancellation itself would be refused.
pub fn quote_cancellation(booking: &Booking, at: Instant) -> Result<Terms, Rejection> {
    let starts_at = booking.starts_at();
    match booking.status {
        Status::AwaitingPayment => {
            Ok(cancellation_policy::version_1(Money::zero(booking.total.currency), starts_at, at))
        }
        Status::Confirmed { .. } if at >= starts_at => Err(Rejection::AlreadyStarted { starts_at }),
        Status::Confirmed { .. } => {
            Ok(cancellation_policy::version_1(booking.total, starts_at, at))
        }
        status @ (Status::Paying { .. }
        | Status::Failed { .. }
        | Status::Expired
        | Status::Cancelled { .. }) => Err(Rejection::NotNow { status }),
    }
}

fn begun(state: &State) -> Result<&Booking, Rejection> {
    match state {
        State::Unbegun => Err(Rejection::NoSuchBooking),
        State::Begun(booking) => Ok(booking),
    }
}

fn begin_booking(state: &State, begin: Begin) -> Result<Vec<Event>, Rejection> {
    if let State::Begun(_) = state {
        return Err(Rejection::HoldAlreadyBooked);
    }
    if begin.at >= begin.payment_limit {
        return Err(Rejection::PaymentLimitPassed { limit: begin.payment_limit });
    }
    if let Some(item) = begin.items.iter().find(|item| item.starts_at <= begin.at) {
        return Err(Rejection::AlreadyStarted { starts_at: item.starts_at });
    }
    refuse_travellers_without_seats(&begin)?;
    let total = Money::sum(begin.items.iter().map(|item| item.price))
        .map_err(|_| Rejection::PricesDoNotAdd)?
        .ok_or(Rejection::NoItems)?;
    Ok(vec![Event::Begun {
        booking_id: begin.booking_id,
        locator: begin.locator,
        owner: begin.owner,
        hold: begin.hold,
        items: begin.items,
        travellers: begin.travellers,
        contact: begin.contact,
        total,
        payment_limit: begin.payment_limit,
        at: begin.at,
    }])
}

fn refuse_travellers_without_seats(begin: &Begin) -> Result<(), Rejection> {
    let travellers: BTreeSet<u16> = begin.travellers.iter().map(|one| one.number).collect();
    let named = begin.travellers.len();
    let mut by_offering: BTreeMap<OfferingId, Vec<&Item>> = BTreeMap::new();
    for item in &begin.items {
        by_offering.entry(item.offering_id).or_default().push(item);
    }
    for (offering_id, items) in by_offering {
        let seated: BTreeSet<u16> = items.iter().map(|item| item.traveller).collect();
        let seats: BTreeSet<SeatId> = items.iter().map(|item| item.seat).collect();
        let one_each =
            [travellers.len(), seats.len(), items.len()].iter().all(|count| *count == named);
        if seated != travellers || !one_each {
            return Err(Rejection::TravellersDoNotMatchSeats {
                offering_id,
                seats: seats.len(),
                travellers: named,
            });
        }
    }
    Ok(())
}

fn start_payment(
    booking: &Booking,
    payment_id: PaymentId,
    method: String,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    match booking.status {
        Status::AwaitingPayment if at >= booking.payment_limit => {
            Err(Rejection::PaymentLimitPassed { limit: booking.payment_limit })
        }
        Status::AwaitingPayment => Ok(vec![Event::PaymentStarted { payment_id, method, at }]),
        Status::Paying { payment_id: current } | Status::Confirmed { payment_id: current } => {
            if current == payment_id {
                Ok(vec![])
            } else {
                Err(Rejection::AnotherPayment)
            }
        }
        status @ (Status::Failed { .. } | Status::Expired | Status::Cancelled { .. }) => {
            Err(Rejection::NotNow { status })
        }
    }
}

fn confirm(booking: &Booking, payment_id: PaymentId, at: Instant) -> Result<Vec<Event>, Rejection> {
    match booking.status {
        Status::Paying { payment_id: current } if current == payment_id => {
            Ok(vec![Event::Confirmed { payment_id, at }])
        }
        Status::Confirmed { payment_id: current } if current == payment_id => Ok(vec![]),
        Status::Paying { .. } | Status::Confirmed { .. } => Err(Rejection::AnotherPayment),
        status @ (Status::AwaitingPayment
        | Status::Failed { .. }
        | Status::Expired
        | Status::Cancelled { .. }) => Err(Rejection::NotNow { status }),
    }
}

fn fail(booking: &Booking, reason: FailureReason, at: Instant) -> Result<Vec<Event>, Rejection> {
    match booking.status {
        Status::Paying { .. } => Ok(vec![Event::Failed { reason, at }]),
        Status::Failed { .. } => Ok(vec![]),
        status @ (Status::AwaitingPayment
        | Status::Confirmed { .. }
        | Status::Expired
        | Status::Cancelled { .. }) => Err(Rejection::NotNow { status }),
    }
}

fn expire(booking: &Booking, at: Instant) -> Result<Vec<Event>, Rejection> {
    match booking.status {
        Status::AwaitingPayment => {
            let over = booking.payment_limit.checked_add_signed(GRACE).unwrap_or(Instant::MAX_UTC);
            if at < over {
                return Err(Rejection::NotExpiredYet);
            }
            Ok(vec![Event::Expired { at }])
        }
        Status::Paying { .. }
        | Status::Confirmed { .. }
        | Status::Failed { .. }
        | Status::Expired
        | Status::Cancelled { .. } => Ok(vec![]),
    }
}

fn cancel(
    booking: &Booking,
    agreed_refund: Option<Money>,
    at: Instant,
) -> Result<Vec<Event>, Rejection> {
    if let Status::Cancelled { .. } = booking.status {
        return Ok(vec![]);
    }
    let terms = quote_cancellation(booking, at)?;
    if agreed_refund.is_some_and(|agreed| agreed != terms.refund) {
        return Err(Rejection::RefundChanged { refund: terms.refund });
    }
    Ok(vec![Event::Cancelled {
        refund: terms.refund,
        penalty: terms.penalty,
        policy_version: terms.policy_version,
        starts_at: booking.starts_at(),
        at,
    }])
}
