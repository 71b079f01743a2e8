use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use domain::booking::{Command, Event, quote_cancellation as quote};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::own_booking;
use crate::Commands;
use crate::answer::MoneyBody;
use crate::body::{self, MAX_BODY};
use crate::incoming::Incoming;
use crate::problems::{booking_problem, booking_rejection, check_money};
use crate::routes::BUYERS;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoBody {}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CancelBody {
    /// The refund that was quoted and agreed to; another one is refused.
    agreed_refund: Option<MoneyBody>,
}

/// What a cancellation would pay back now. Appends nothing.
pub(crate) async fn quote_cancellation(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { caller, bytes, context } =
        Incoming::read(&request, payload, &commands, BUYERS, MAX_BODY).await?;
    let NoBody {} = body::optional(&bytes)?;
    let booking = own_booking(&commands, &path, &caller).await?;
    let terms = quote(&booking, context.at)
        .map_err(|rejection| booking_rejection(booking.booking_id, &rejection))?;
    Ok(HttpResponse::Ok().json(json!({
        "booking_id": booking.booking_id.to_string(),
        "refund": MoneyBody::from(terms.refund),
        "penalty": MoneyBody::from(terms.penalty),
        "policy_version": terms.policy_version,
        "quoted_at": context.at,
    })))
}

pub(crate) async fn cancel(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { caller, bytes, context } =
        Incoming::read(&request, payload, &commands, BUYERS, MAX_BODY).await?;
    let body: CancelBody = body::optional(&bytes)?;
    let booking = own_booking(&commands, &path, &caller).await?;
    let booking_id = booking.booking_id;
    let agreed_refund = body
        .agreed_refund
        .map(|money| check_money("agreed_refund", &money, booking.total.currency))
        .transpose()?;
    let command = Command::Cancel { agreed_refund, at: context.at };
    let outcome = commands
        .aggregates
        .bookings
        .execute(booking_id, command, context)
        .await
        .map_err(|error| booking_problem(booking_id, error))?;
    let cancelled = outcome.events.iter().find_map(|event| match event {
        Event::Cancelled { refund, penalty, .. } => Some((*refund, *penalty)),
        _ => None,
    });
    let Some((refund, penalty)) = cancelled else {
        return Err(Problem::new(409, "not_now", "Not possible now")
            .detail("the booking is cancelled already")
            .with("state", "cancelled"));
    };
    Ok(HttpResponse::Ok().json(json!({
        "booking_id": booking_id.to_string(),
        "state": "cancelled",
        "refund": MoneyBody::from(refund),
        "penalty": MoneyBody::from(penalty),
        "position": outcome.position,
    })))
}
