//! Scheduling flights: one by one for sellers, by the batch for imports.

mod schedule;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aggregates::{Context, derive_id};
use futures_util::StreamExt;
use problem::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use timetable::ScheduleRequest;

use crate::Commands;
use crate::body::{MAX_BATCH_BODY, MAX_BODY};
use crate::incoming::Incoming;
use crate::problems::invalid;
use crate::routes::SELLERS;

pub use schedule::{ScheduleError, Scheduled, schedule_flight};

/// The most flights of one batch.
const MAX_BATCH: usize = 500;
/// Flights of one batch that wait for the disk together.
const AT_ONCE: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    flights: Vec<ScheduleRequest>,
}

pub(crate) async fn schedule(
    request: HttpRequest,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { bytes, context, .. } =
        Incoming::read(&request, payload, &commands, SELLERS, MAX_BODY).await?;
    let flight: ScheduleRequest = problem::body(&bytes)?;
    let scheduled = schedule_flight(&commands.aggregates, &flight, &context).await?;
    let offering_id = scheduled.offering_id().to_string();
    let location = ("Location", format!("/v1/offerings/{offering_id}"));
    Ok(match scheduled {
        Scheduled::New { position, .. } => HttpResponse::Created()
            .insert_header(location)
            .json(json!({"offering_id": offering_id, "position": position})),
        Scheduled::Unchanged { position, .. } => HttpResponse::Ok()
            .insert_header(location)
            .json(json!({"offering_id": offering_id, "position": position})),
    })
}

/// Each flight stands for itself: what is wrong with one is said of that one, the others are
/// scheduled.
pub(crate) async fn schedule_batch(
    request: HttpRequest,
    payload: Payload,
    commands: Data<Commands>,
) -> Result<HttpResponse, Problem> {
    let Incoming { bytes, context, .. } =
        Incoming::read(&request, payload, &commands, SELLERS, MAX_BATCH_BODY).await?;
    let batch: Batch = problem::body(&bytes)?;
    if batch.flights.is_empty() || batch.flights.len() > MAX_BATCH {
        return Err(invalid("flights", format!("1 to {MAX_BATCH} flights")));
    }
    let outcomes: Vec<Result<Scheduled, Problem>> = futures_util::stream::iter(
        batch.flights.iter().enumerate(),
    )
    .map(|(index, flight)| {
        let context = of_one(&context, index);
        let aggregates = &commands.aggregates;
        async move { schedule_flight(aggregates, flight, &context).await.map_err(Problem::from) }
    })
    .buffered(AT_ONCE)
    .collect()
    .await;
    let mut position = 0;
    let mut results = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        results.push(match outcome {
            Ok(scheduled) => {
                position = position.max(scheduled.position());
                let status = if scheduled.is_new() { "scheduled" } else { "unchanged" };
                json!({"status": status, "offering_id": scheduled.offering_id().to_string()})
            }
            Err(problem) if problem.is_temporary() => return Err(problem),
            Err(problem) => rejected(&problem),
        });
    }
    Ok(HttpResponse::Ok().json(json!({"results": results, "position": position})))
}

fn of_one(context: &Context, index: usize) -> Context {
    Context {
        command_id: derive_id(context.command_id, &format!("flight {index}")),
        ..context.clone()
    }
}

fn rejected(problem: &Problem) -> Value {
    json!({"status": "rejected", "problem": problem.document()})
}
