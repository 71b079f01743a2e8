use access::{Caller, caller};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aggregates::{Context, ExecuteError, HoldView, Outcome, find_hold};
use domain::hold::{self, HoldRef};
use domain::seat_inventory::{Command, Event, Extension, ReleaseReason, SeatInventoryDecider};
use domain::{CustomerId, Instant, OfferingId, booking};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;

use crate::Commands;
use crate::answer::{hold_items, hold_total};
use crate::body::{self, MAX_BODY};
use crate::bookings::booking_of_hold;
use crate::idempotency;
use crate::incoming::Incoming;
use crate::problems::{execute_problem, load_problem, seats_problem};
use crate::routes::BUYERS;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoBody {}

pub(crate) async fn show(
    request: HttpRequest,
    path: Path<String>,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let caller = caller(&request, BUYERS)?;
    let hold = hold_ref(&path)?;
    let view = own_hold(&commands, hold, &caller, commands.now()).await?;
    Ok(HttpResponse::Ok().json(view_json(hold, &view, view.position)))
}

pub(crate) async fn renew(
    request: HttpRequest,
    path: Path<String>,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { caller, bytes, context } =
        Incoming::read(&request, payload, &commands, BUYERS, MAX_BODY).await?;
    let NoBody {} = body::optional(&bytes)?;
    let hold = hold_ref(&path)?;
    let view = own_hold(&commands, hold, &caller, commands.now()).await?;
    refuse_booked(&commands, hold, &caller).await?;
    let expires_at = context.at + commands.settings.hold_ttl;
    let (mut position, mut renewed_until) = (0, None);
    for (offering_id, _) in &view.parts {
        let command = Command::Extend {
            hold_id: hold.hold_id(),
            owner: view.owner.clone(),
            expires_at,
            extension: Extension::Renewal,
            at: context.at,
        };
        let outcome = execute(&commands, *offering_id, command, &context, "renew").await?;
        position = position.max(outcome.position);
        // From the event, not from what the hold is now: a repeat answers what was answered.
        for event in &outcome.events {
            if let Event::HoldExtended { expires_at, .. } = event {
                let until = renewed_until.get_or_insert(*expires_at);
                *until = (*until).min(*expires_at);
            }
        }
    }
    let renewed = HoldView { expires_at: renewed_until.unwrap_or(view.expires_at), ..view };
    if let HoldRef::Several(hold_id) = hold {
        let command =
            hold::Command::RecordRenewed { expires_at: renewed.expires_at, at: context.at };
        let holds = &commands.aggregates.holds;
        let outcome = holds.execute(hold_id, command, context.derive("record renewed")).await;
        position = position.max(outcome.map_err(execute_problem)?.position);
    }
    Ok(HttpResponse::Ok().json(view_json(hold, &renewed, position)))
}

pub(crate) async fn release(
    request: HttpRequest,
    path: Path<String>,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let caller = caller(&request, BUYERS)?;
    let hold = hold_ref(&path)?;
    let context = idempotency::context_of_path(&request, &caller, commands.now());
    let offerings = offerings_to_release(&commands, hold, &caller).await?;
    refuse_booked(&commands, hold, &caller).await?;
    let mut released = false;
    let mut position = 0;
    for offering_id in offerings {
        let command = Command::Release {
            hold_id: hold.hold_id(),
            reason: ReleaseReason::Customer,
            at: context.at,
        };
        let outcome = execute(&commands, offering_id, command, &context, "release").await?;
        released |= !outcome.events.is_empty();
        position = position.max(outcome.position);
    }
    if !released {
        return Err(Problem::not_found("hold"));
    }
    if let HoldRef::Several(hold_id) = hold {
        let command = hold::Command::Release { at: context.at };
        let holds = &commands.aggregates.holds;
        let outcome = holds.execute(hold_id, command, context.derive("record released")).await;
        position = position.max(outcome.map_err(execute_problem)?.position);
    }
    Ok(HttpResponse::Ok().json(json!({
        "hold_id": hold.to_string(), "state": "released", "position": position,
    })))
}

/// The offerings whose seats a hold of the caller's took. A hold that is gone was perhaps released
/// by this very request, sent before: its commands are then remembered, by caller.
async fn offerings_to_release(
    commands: &Commands,
    hold: HoldRef,
    caller: &Caller,
) -> Result<Vec<OfferingId>, Problem> {
    let is_callers = |owner: &CustomerId| *owner.0 == *caller.subject;
    let aggregates = &commands.aggregates;
    match hold {
        HoldRef::Single { offering_id, .. } => {
            let view = find_hold(aggregates, hold).await.map_err(load_problem)?;
            match view {
                Some(view) if !is_callers(&view.owner) => Err(Problem::not_found("hold")),
                Some(_) | None => Ok(vec![offering_id]),
            }
        }
        HoldRef::Several(hold_id) => {
            let loaded = aggregates.holds.load(hold_id).await.map_err(load_problem)?;
            match &*loaded.state {
                hold::State::Requested(requested) if is_callers(&requested.owner) => {
                    Ok(requested.placed.iter().map(|part| part.offering_id).collect())
                }
                hold::State::Requested(_) | hold::State::Unrequested => {
                    Err(Problem::not_found("hold"))
                }
            }
        }
    }
}

/// Executes on one offering.
async fn execute(
    commands: &Commands,
    offering_id: OfferingId,
    command: Command,
    context: &Context,
    what: &str,
) -> Result<Outcome<SeatInventoryDecider>, Problem> {
    let context = context.derive(&format!("{what} {offering_id}"));
    let inventories = &commands.aggregates.seat_inventories;
    match inventories.execute(offering_id, command, context).await {
        Ok(outcome) => Ok(outcome),
        Err(ExecuteError::Rejected(rejection)) => Err(seats_problem(offering_id, &rejection, None)),
        Err(error) => Err(execute_problem(error)),
    }
}

fn hold_ref(path: &Path<String>) -> Result<HoldRef, Problem> {
    path.parse().map_err(|_| Problem::not_found("hold"))
}

/// A hold of the caller's that is live; a stranger's is as good as none.
async fn own_hold(
    commands: &Commands,
    hold: HoldRef,
    caller: &Caller,
    now: Instant,
) -> Result<HoldView, Problem> {
    find_hold(&commands.aggregates, hold)
        .await
        .map_err(load_problem)?
        .filter(|view| *view.owner.0 == *caller.subject && now < view.expires_at)
        .ok_or_else(|| Problem::not_found("hold"))
}

/// A hold that has become a booking belongs to the booking. A stranger does not learn of it.
async fn refuse_booked(commands: &Commands, hold: HoldRef, caller: &Caller) -> Result<(), Problem> {
    let booking_id = booking_of_hold(hold);
    let loaded = commands.aggregates.bookings.load(booking_id).await.map_err(load_problem)?;
    match &*loaded.state {
        booking::State::Unbegun => Ok(()),
        booking::State::Begun(booking) if *booking.owner.0 != *caller.subject => {
            Err(Problem::not_found("hold"))
        }
        booking::State::Begun(_) => {
            Err(Problem::new(409, "hold_is_booked", "The hold has become a booking")
                .detail("pay or cancel the booking instead")
                .with("booking_id", booking_id.to_string()))
        }
    }
}

fn view_json(hold: HoldRef, view: &HoldView, position: u64) -> serde_json::Value {
    json!({
        "hold_id": hold.to_string(),
        "expires_at": view.expires_at,
        "items": hold_items(&view.parts),
        "total": hold_total(&view.parts),
        "position": position,
    })
}
