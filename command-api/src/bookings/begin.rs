use access::Caller;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aggregates::{HoldView, Outcome, find_hold};
use domain::booking::{Begin, BookingDecider, Command, Event, Item, Locator, State};
use domain::hold::HoldRef;
use domain::{BookingId, Instant};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::booking_of_hold;
use super::travellers::{self, ContactBody, TravellerBody};
use crate::Commands;
use crate::answer::MoneyBody;
use crate::body::MAX_BODY;
use crate::incoming::Incoming;
use crate::problems::{booking_problem, invalid, load_problem};
use crate::routes::BUYERS;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    hold_id: String,
    travellers: Vec<TravellerBody>,
    contact: ContactBody,
}

pub(crate) async fn begin(
    request: HttpRequest,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { caller, bytes, context } =
        Incoming::read(&request, payload, &commands, BUYERS, MAX_BODY).await?;
    let body: Body = problem::body(&bytes)?;
    let hold: HoldRef = body.hold_id.parse().map_err(|_| {
        invalid("hold_id", "not a hold id; use the one that `POST /v1/holds` answered")
    })?;
    travellers::check(&body.travellers, &body.contact, context.at)?;
    let booking_id = booking_of_hold(hold);
    let command = match begun_before(&commands, booking_id, &caller).await? {
        // The decision rests on what is remembered of the command, not on its content.
        Some(begin) => begin,
        None => {
            let view = own_hold(&commands, hold, &caller, context.at).await?;
            from_hold(&commands, &caller, booking_id, hold, view, body, context.at).await?
        }
    };
    let outcome = commands
        .aggregates
        .bookings
        .execute(booking_id, Command::Begin(command), context)
        .await
        .map_err(|error| booking_problem(booking_id, error))?;
    begun_answer(booking_id, &outcome)
}

fn begun_answer(
    booking_id: BookingId,
    outcome: &Outcome<BookingDecider>,
) -> Result<HttpResponse, Problem> {
    let Some(Event::Begun { locator, total, payment_limit, .. }) = outcome.events.first() else {
        return Err(Problem::unavailable("the booking cannot be read back"));
    };
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/bookings/{booking_id}")))
        .json(json!({
            "booking_id": booking_id.to_string(),
            "locator": locator.to_string(),
            "state": "awaiting_payment",
            "total": MoneyBody::from(*total),
            "payment_limit": payment_limit,
            "position": outcome.position,
        })))
}

/// The hold has become a booking already: perhaps by this very request, sent before.
async fn begun_before(
    commands: &Commands,
    booking_id: BookingId,
    caller: &Caller,
) -> Result<Option<Begin>, Problem> {
    let loaded = commands.aggregates.bookings.load(booking_id).await.map_err(load_problem)?;
    match &*loaded.state {
        State::Unbegun => Ok(None),
        State::Begun(booking) if *booking.owner.0 != *caller.subject => Err(no_hold()),
        State::Begun(booking) => Ok(Some(Begin {
            booking_id,
            locator: booking.locator.clone(),
            owner: booking.owner.clone(),
            hold: booking.hold,
            items: booking.items.clone(),
            travellers: booking.travellers.clone(),
            contact: booking.contact.clone(),
            payment_limit: booking.payment_limit,
            at: commands.now(),
        })),
    }
}

async fn own_hold(
    commands: &Commands,
    hold: HoldRef,
    caller: &Caller,
    now: Instant,
) -> Result<HoldView, Problem> {
    let view = find_hold(&commands.aggregates, hold).await.map_err(load_problem)?;
    let view = view.filter(|view| *view.owner.0 == *caller.subject).ok_or_else(no_hold)?;
    if now >= view.expires_at {
        return Err(Problem::new(409, "hold_expired", "The hold has expired")
            .detail("hold the seats again")
            .field("hold_id")
            .with("expired_at", view.expires_at));
    }
    Ok(view)
}

fn no_hold() -> Problem {
    Problem::new(404, "no_such_hold", "No such hold")
        .detail("there is no such hold, or it was released or has expired")
        .field("hold_id")
}

async fn from_hold(
    commands: &Commands,
    caller: &Caller,
    booking_id: BookingId,
    hold: HoldRef,
    view: HoldView,
    body: Body,
    at: Instant,
) -> Result<Begin, Problem> {
    let items = items_of(&view);
    let (travellers, contact) =
        travellers::seal(commands, &caller.subject, booking_id, body.travellers, body.contact)
            .await?;
    Ok(Begin {
        booking_id,
        locator: Locator::from_bits(booking_id.0.as_u128()),
        owner: view.owner,
        hold,
        items,
        travellers,
        contact,
        payment_limit: view.expires_at,
        at,
    })
}

/// The first traveller gets the first seat of each offering, the second the second, and so on.
fn items_of(view: &HoldView) -> Vec<Item> {
    let mut items = vec![];
    for ((offering_id, seats), (_, starts_at)) in view.parts.iter().zip(&view.starts_at) {
        for (traveller, held) in (1_u16..).zip(seats) {
            items.push(Item {
                offering_id: *offering_id,
                starts_at: *starts_at,
                seat: held.seat,
                price_class: held.price_class.clone(),
                price: held.price,
                traveller,
            });
        }
    }
    items
}
