//! This API's table of refusals: stable code, HTTP status, the field at fault.

use aggregates::{ExecuteError, LoadError, PlaceHoldError};
use domain::booking::{self, FailureReason, Status};
use domain::hold::{self, Part};
use domain::seat_inventory::{Rejection, SeatRefusal, Selection, Why};
use domain::{BookingId, Currency, Money, OfferingId};
use problem::Problem;
use serde_json::{Value, json};

use crate::answer::MoneyBody;

pub(crate) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem::new(400, "invalid_field", "Invalid field").detail(detail).field(field)
}

pub(crate) fn load_problem(error: LoadError) -> Problem {
    match error {
        LoadError::Busy => busy(),
        LoadError::Unavailable(_) => Problem::unavailable("the event store does not answer"),
        LoadError::Unreadable { .. } => {
            tracing::error!(%error, "a stream cannot be folded");
            Problem::unavailable("this cannot be used until an operator has looked at it")
        }
    }
}

/// What an execution failed with, other than a refusal that has a table of its own.
pub(crate) fn execute_problem<R: std::fmt::Debug>(error: ExecuteError<R>) -> Problem {
    match error {
        ExecuteError::Rejected(rejection) => {
            let detail = format!("refused: {rejection:?}");
            Problem::new(409, "refused", "Refused").detail(detail)
        }
        ExecuteError::AnotherRequest => another_request(),
        ExecuteError::Busy => busy(),
        ExecuteError::OutcomeUnknown(_) => outcome_unknown(),
        ExecuteError::Load(error) => load_problem(error),
    }
}

/// Checks that an amount from outside is in the currency it is compared in.
pub(crate) fn check_money(
    field: &str,
    money: &MoneyBody,
    currency: Currency,
) -> Result<Money, Problem> {
    let at = format!("{field}.currency");
    if iso_currency::Currency::from_code(&money.currency).is_none() {
        return Err(invalid(at, "not an ISO 4217 currency code"));
    }
    if money.currency != currency.to_string() {
        return Err(Problem::new(422, "currency_mismatch", "Another currency")
            .detail(format!("this is priced in {currency}"))
            .field(at)
            .with("expected", currency.to_string()));
    }
    Ok(Money::new(money.amount, currency))
}

pub(crate) fn place_hold_problem(error: PlaceHoldError, asked: &[Part]) -> Problem {
    match error {
        PlaceHoldError::Refused { offering_id, rejection } => {
            seats_problem(offering_id, &rejection, Some(asked))
        }
        PlaceHoldError::RefusedBefore { offering_id, cause } => {
            Problem::new(409, "refused_before", "Refused before")
                .detail("this request was refused; send it again under a new key")
                .with("offering_id", offering_id.to_string())
                .with("cause", cause)
        }
        PlaceHoldError::Request(rejection) => hold_problem(&rejection),
        PlaceHoldError::NoSuchOffering(offering_id) => {
            Problem::new(404, "no_such_offering", "No such offering")
                .detail("there is no such offering on sale")
                .field(item_field(asked, offering_id, "offering_id"))
                .with("offering_id", offering_id.to_string())
        }
        PlaceHoldError::AnotherRequest => another_request(),
        PlaceHoldError::Busy => busy(),
        PlaceHoldError::OutcomeUnknown(_) => outcome_unknown(),
        PlaceHoldError::Load(error) => load_problem(error),
    }
}

fn hold_problem(rejection: &hold::Rejection) -> Problem {
    use hold::Rejection as R;
    match rejection {
        R::NotSeveralOfferings => invalid("items", "each offering is named once"),
        R::TooManyOfferings { limit } => {
            invalid("items", format!("a hold is on {limit} offerings at the most"))
        }
        R::NoSuchHold => Problem::not_found("hold"),
        R::Over | R::NotPlaced | R::ConsumedByAnotherBooking | R::NotExpiredYet => {
            Problem::new(409, "hold_is_over", "The hold is over")
                .detail("hold the seats again under a new key")
        }
    }
}

/// A refusal by an offering's seats. With what was asked for, the field at fault is named.
pub(crate) fn seats_problem(
    offering_id: OfferingId,
    rejection: &Rejection,
    asked: Option<&[Part]>,
) -> Problem {
    let asked = asked.unwrap_or_default();
    let field = |name: &str| item_field(asked, offering_id, name);
    let problem = |status, title, detail: String| {
        Problem::new(status, rejection.code(), title)
            .detail(detail)
            .with("offering_id", offering_id.to_string())
    };
    match rejection {
        Rejection::NotOpen => problem(404, "Not on sale", "nothing of it is on sale".into())
            .field(field("offering_id")),
        Rejection::SalesClosed { closed_at } => {
            problem(409, "Sales are closed", format!("since {}", closed_at.to_rfc3339()))
                .field(field("offering_id"))
                .with("closed_at", closed_at)
        }
        Rejection::SeatsUnavailable { seats, alternatives } => {
            unavailable(offering_id, seats, alternatives, asked)
        }
        Rejection::NotEnoughSeats { free, only_apart } => {
            let detail = match only_apart {
                true => "there are so many seats, but not side by side",
                false => "there are not so many free seats",
            };
            problem(409, "Not enough seats", detail.into())
                .field(field("best"))
                .with("free", free)
                .with("only_apart", only_apart)
        }
        Rejection::HoardingLimit { held, limit } => problem(
            409,
            "Too many seats held",
            format!("you hold {held} seats of it; {limit} may be held at a time"),
        )
        .field(field(count_field(asked, offering_id))),
        Rejection::NoSeats => problem(422, "No seats", "ask for at least one seat".into())
            .field(field(count_field(asked, offering_id))),
        Rejection::TooManySeats { asked: count, limit } => {
            problem(422, "Too many seats", format!("{count} asked for; {limit} at the most"))
                .field(field(count_field(asked, offering_id)))
        }
        Rejection::SeatNamedTwice { seat } => {
            problem(422, "Seat named twice", format!("{seat} is named twice")).field(field("seats"))
        }
        Rejection::NoSuchHold => problem(404, "No such hold", "there is no such hold".into()),
        Rejection::HoldExpired { expired_at } => {
            problem(409, "The hold has expired", format!("since {}", expired_at.to_rfc3339()))
        }
        Rejection::NotTheOwner => Problem::not_found("hold"),
        Rejection::RenewalLimit { limit } => {
            problem(409, "Renewal limit", format!("a hold is renewed {limit} times at the most"))
        }
        Rejection::LongestHold => {
            problem(409, "Longest hold", "a hold cannot live any longer".into())
        }
        Rejection::AlreadyOpenDifferently
        | Rejection::InvalidLayout(_)
        | Rejection::SalesCloseAfterStart
        | Rejection::NoPrice { .. }
        | Rejection::PricesDoNotAdd { .. }
        | Rejection::ExpiresInThePast => problem(409, "Refused", format!("refused: {rejection:?}")),
    }
}

fn unavailable(
    offering_id: OfferingId,
    seats: &[SeatRefusal],
    alternatives: &[domain::seat_inventory::SeatId],
    asked: &[Part],
) -> Problem {
    let not_there = seats.iter().find(|refusal| refusal.why == Why::NotThere);
    let causes: Vec<Value> = seats
        .iter()
        .map(|refusal| {
            let seat = refusal.seat.to_string();
            match refusal.why {
                Why::Held { until } => json!({"seat": seat, "cause": "held", "held_until": until}),
                Why::Booked => json!({"seat": seat, "cause": "booked"}),
                Why::Blocked => json!({"seat": seat, "cause": "blocked"}),
                Why::NotThere => json!({"seat": seat, "cause": "not_there"}),
            }
        })
        .collect();
    let problem = match not_there {
        Some(refusal) => Problem::new(422, "unknown_seat", "Unknown seat")
            .detail(format!("there is no seat {}", refusal.seat)),
        None => Problem::new(409, "seats_unavailable", "Seats unavailable")
            .detail("some of the seats cannot be had; none was held"),
    };
    let seat = not_there.or(seats.first()).map(|refusal| refusal.seat);
    let field = asked.iter().enumerate().find_map(|(item, part)| match &part.selection {
        Selection::Named(named) if part.offering_id == offering_id => {
            let index = named.iter().position(|one| Some(*one) == seat)?;
            Some(format!("items[{item}].seats[{index}]"))
        }
        Selection::Named(_) | Selection::Best { .. } => None,
    });
    problem
        .field(field.unwrap_or_else(|| item_field(asked, offering_id, "seats")))
        .with("offering_id", offering_id.to_string())
        .with("seats", causes)
        .with("alternatives", alternatives.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// The field that says how many seats.
fn count_field(asked: &[Part], offering_id: OfferingId) -> &'static str {
    let part = asked.iter().find(|part| part.offering_id == offering_id);
    match part.map(|part| &part.selection) {
        Some(Selection::Best { .. }) => "best.count",
        Some(Selection::Named(_)) | None => "seats",
    }
}

fn item_field(asked: &[Part], offering_id: OfferingId, name: &str) -> String {
    let index = asked.iter().position(|part| part.offering_id == offering_id);
    index.map_or_else(|| "(path)".into(), |index| format!("items[{index}].{name}"))
}

pub(crate) fn booking_problem(
    booking_id: BookingId,
    error: ExecuteError<booking::Rejection>,
) -> Problem {
    match error {
        ExecuteError::Rejected(rejection) => booking_rejection(booking_id, &rejection),
        other => execute_problem(other),
    }
}

pub(crate) fn booking_rejection(booking_id: BookingId, rejection: &booking::Rejection) -> Problem {
    use booking::Rejection as R;
    let problem = |status, code, title| {
        Problem::new(status, code, title).with("booking_id", booking_id.to_string())
    };
    match rejection {
        R::NoSuchBooking => Problem::not_found("booking"),
        R::HoldAlreadyBooked => problem(409, "hold_is_booked", "The hold has become a booking")
            .detail("a hold becomes one booking; it has")
            .field("hold_id"),
        R::NoItems => invalid("hold_id", "the hold holds nothing"),
        R::TravellersDoNotMatchSeats { offering_id, seats, travellers } => {
            problem(422, "travellers_do_not_match_seats", "Travellers do not match seats")
                .detail(format!("{seats} seats are held and {travellers} travellers named"))
                .field("travellers")
                .with("offering_id", offering_id.to_string())
        }
        R::PricesDoNotAdd => problem(409, "prices_do_not_add", "Prices of several currencies"),
        R::PaymentLimitPassed { limit } => {
            problem(409, "payment_limit_passed", "The time to pay is over")
                .detail(format!("since {}", limit.to_rfc3339()))
        }
        R::AlreadyStarted { starts_at } => problem(409, "already_started", "Already departed")
            .detail(format!("since {}", starts_at.to_rfc3339())),
        R::NotNow { status } => problem(409, "not_now", "Not possible now")
            .detail(format!("the booking is {}", status_name(status)))
            .with("state", status_name(status)),
        R::AnotherPayment => problem(409, "another_payment", "Another payment")
            .detail("a payment is under way, or was made"),
        R::NotExpiredYet => problem(409, "not_expired", "Not expired yet"),
        R::RefundChanged { refund } => problem(409, "refund_changed", "The refund is another")
            .detail("ask for a new quote")
            .field("agreed_refund.amount")
            .with("refund", MoneyBody::from(*refund)),
    }
}

fn status_name(status: &Status) -> &'static str {
    match status {
        Status::AwaitingPayment => "awaiting_payment",
        Status::Paying { .. } => "paying",
        Status::Confirmed { .. } => "confirmed",
        Status::Failed { reason: FailureReason::PaymentDeclined | FailureReason::SeatsLost } => {
            "failed"
        }
        Status::Expired => "expired",
        Status::Cancelled { .. } => "cancelled",
    }
}

fn another_request() -> Problem {
    Problem::new(422, "key_reused", "Idempotency-Key used for another request")
        .detail("another request was answered under this key; use a new key for a new request")
        .field("Idempotency-Key")
}

fn busy() -> Problem {
    Problem::new(503, "overloaded", "Overloaded")
        .detail("too much is waiting; nothing was done")
        .retry_after(1)
}

fn outcome_unknown() -> Problem {
    Problem::new(503, "outcome_unknown", "The outcome is not known yet")
        .detail("it may have been done; send the same request with the same key to find out")
        .retry_after(1)
}
