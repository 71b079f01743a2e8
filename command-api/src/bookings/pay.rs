use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aggregates::derive_id;
use domain::PaymentId;
use domain::booking::{Booking, Command, Event};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::own_booking;
use crate::Commands;
use crate::answer::MoneyBody;
use crate::body::MAX_BODY;
use crate::incoming::Incoming;
use crate::problems::{booking_problem, check_money, invalid};
use crate::routes::BUYERS;

/// What the sandbox takes: one that is authorised, one that is declined.
const METHODS: [&str; 2] = ["card", "card_declined"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    method: String,
    /// What the customer agrees to pay; another total is refused.
    amount: Option<MoneyBody>,
}

pub(crate) async fn pay(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { caller, bytes, context } =
        Incoming::read(&request, payload, &commands, BUYERS, MAX_BODY).await?;
    let body: Body = problem::body(&bytes)?;
    if !METHODS.contains(&body.method.as_str()) {
        return Err(invalid("method", format!("one of {}", METHODS.join(", "))));
    }
    let booking = own_booking(&commands, &path, &caller).await?;
    refuse_other_amount(&booking, body.amount.as_ref())?;
    let booking_id = booking.booking_id;
    let payment_id = PaymentId(derive_id(context.command_id, "payment"));
    let command = Command::StartPayment { payment_id, method: body.method, at: context.at };
    let outcome = commands
        .aggregates
        .bookings
        .execute(booking_id, command, context)
        .await
        .map_err(|error| booking_problem(booking_id, error))?;
    let payment_id = outcome
        .events
        .iter()
        .find_map(|event| match event {
            Event::PaymentStarted { payment_id, .. } => Some(*payment_id),
            _ => None,
        })
        .unwrap_or(payment_id);
    Ok(HttpResponse::Accepted()
        .insert_header(("Location", format!("/v1/bookings/{booking_id}")))
        .json(json!({
            "booking_id": booking_id.to_string(),
            "payment_id": payment_id.to_string(),
            "state": "paying",
            "position": outcome.position,
        })))
}

fn refuse_other_amount(booking: &Booking, agreed: Option<&MoneyBody>) -> Result<(), Problem> {
    let Some(agreed) = agreed else { return Ok(()) };
    let agreed = check_money("amount", agreed, booking.total.currency)?;
    if agreed != booking.total {
        return Err(Problem::new(409, "amount_differs", "The amount is another")
            .detail("the booking costs another amount than the one agreed to")
            .field("amount.amount")
            .with("total", MoneyBody::from(booking.total)));
    }
    Ok(())
}
