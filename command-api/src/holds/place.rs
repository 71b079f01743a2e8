use access::Role;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aggregates::{PlaceHold, PlacedHold, derive_id, place_hold};
use domain::hold::{self, Part};
use domain::seat_inventory::{SeatId, Selection};
use domain::{CustomerId, HoldId, OfferingId};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;

use crate::Commands;
use crate::answer::{hold_items, hold_total};
use crate::body::MAX_BODY;
use crate::incoming::Incoming;
use crate::problems::{invalid, place_hold_problem};
use crate::routes::BUYERS;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    offering_id: String,
    seats: Option<Vec<String>>,
    best: Option<Best>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Best {
    count: usize,
    cabin: Option<String>,
    #[serde(default)]
    together: bool,
}

pub(crate) async fn place(
    request: HttpRequest,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { caller, bytes, context } =
        Incoming::read(&request, payload, &commands, BUYERS, MAX_BODY).await?;
    let body: Body = problem::body(&bytes)?;
    if body.items.len() > hold::Command::MAX_PARTS {
        let limit = hold::Command::MAX_PARTS;
        return Err(invalid("items", format!("a hold is on {limit} offerings at the most")));
    }
    let parts = body
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| part(index, item))
        .collect::<Result<Vec<_>, _>>()?;
    if parts.is_empty() {
        return Err(invalid("items", "name at least one offering"));
    }
    let asked = parts.clone();
    let hold = PlaceHold {
        hold_id: HoldId(derive_id(context.command_id, "hold")),
        owner: CustomerId(caller.subject.as_str().into()),
        parts,
        expires_at: context.at + commands.settings.hold_ttl,
        exempt_from_hoarding_limit: caller.role == Role::TravelAgent,
    };
    let placed = place_hold(&commands.aggregates, hold, context)
        .await
        .map_err(|error| place_hold_problem(error, &asked))?;
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/v1/holds/{}", placed.hold)))
        .json(placed_json(&placed)))
}

fn placed_json(placed: &PlacedHold) -> serde_json::Value {
    json!({
        "hold_id": placed.hold.to_string(),
        "expires_at": placed.expires_at,
        "items": hold_items(&placed.parts),
        "total": hold_total(&placed.parts),
        "position": placed.position,
    })
}

fn part(index: usize, item: &Item) -> Result<Part, Problem> {
    let at = |field: &str| format!("items[{index}].{field}");
    let offering_id: OfferingId = item
        .offering_id
        .parse()
        .map_err(|_| invalid(at("offering_id"), "an offering id is a UUID"))?;
    let selection = match (&item.seats, &item.best) {
        (Some(seats), None) => Selection::Named(named(seats, &at)?),
        (None, Some(best)) => Selection::Best {
            count: best.count,
            section: best.cabin.clone(),
            together: best.together,
        },
        (Some(_), Some(_)) => {
            return Err(invalid(at("best"), "give either `seats` or `best`, not both"));
        }
        (None, None) => return Err(invalid(at("seats"), "give either `seats` or `best`")),
    };
    Ok(Part { offering_id, selection })
}

fn named(seats: &[String], at: &impl Fn(&str) -> String) -> Result<Vec<SeatId>, Problem> {
    seats
        .iter()
        .enumerate()
        .map(|(index, seat)| {
            seat.parse().map_err(|_| {
                invalid(
                    at(&format!("seats[{index}]")),
                    "a seat is a row number and a capital letter, for example 12A",
                )
            })
        })
        .collect()
}
