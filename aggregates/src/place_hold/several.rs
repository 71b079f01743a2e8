use domain::OfferingId;
use domain::hold::{self, HoldRef, Outcome, PlacedPart};
use domain::seat_inventory::{self, Command, Rejection, ReleaseReason};

use super::{PlaceHold, PlaceHoldError, PlacedHold, hold_command, hold_part, refused};
use crate::{Aggregates, Context, ExecuteError};

/// Asks the offerings in one fixed order; a refusal is recorded first and then the others are
/// released, so that whatever breaks off in between, the same request never hears "placed".
pub(super) async fn place_over_several(
    aggregates: &Aggregates,
    request: PlaceHold,
    context: Context,
) -> Result<PlacedHold, PlaceHoldError> {
    refuse_what_cannot_be(aggregates, &request, &context).await?;
    let command = hold::Command::Request {
        hold_id: request.hold_id,
        owner: request.owner.clone(),
        parts: request.parts.clone(),
        expires_at: request.expires_at,
        at: context.at,
    };
    let outcome = aggregates
        .holds
        .execute(request.hold_id, command, context.clone())
        .await
        .map_err(request_refused)?;
    let loaded = aggregates.holds.load(request.hold_id).await?;
    let hold::State::Requested(requested) = &*loaded.state else {
        return Err(PlaceHoldError::Request(hold::Rejection::NoSuchHold));
    };
    match &requested.outcome {
        Outcome::Pending => {}
        Outcome::Refused { offering_id, cause } => {
            let (offering_id, cause) = (*offering_id, cause.clone());
            release_all(aggregates, &request, &context).await?;
            return Err(PlaceHoldError::RefusedBefore { offering_id, cause });
        }
        Outcome::Placed | Outcome::Released | Outcome::Expired | Outcome::Consumed { .. } => {
            if requested.placed.is_empty() {
                return Err(PlaceHoldError::Request(hold::Rejection::Over));
            }
            // A repeat answers what was answered, whatever has become of the hold since.
            let expires_at = outcome.events.iter().find_map(|event| match event {
                hold::Event::Requested { expires_at, .. } => Some(*expires_at),
                _ => None,
            });
            let parts = requested.placed.clone();
            let command = hold::Command::RecordPlaced { parts: parts.clone(), at: context.at };
            let recorded = context.derive("record placed");
            let position = match aggregates.holds.execute(request.hold_id, command, recorded).await
            {
                Ok(outcome) if outcome.repeated => outcome.position,
                _ => loaded.position,
            };
            return Ok(PlacedHold {
                hold: HoldRef::Several(request.hold_id),
                expires_at: expires_at.unwrap_or(requested.expires_at),
                parts: parts.into_iter().map(|part| (part.offering_id, part.seats)).collect(),
                position,
            });
        }
    }
    let mut placed: Vec<PlacedPart> = vec![];
    for part in requested.parts.clone() {
        let offering_id = part.offering_id;
        let part_context = context.derive(&format!("hold {offering_id}"));
        match hold_part(aggregates, &request, part, requested.expires_at, part_context).await {
            Ok(held) => placed.push(PlacedPart { offering_id, seats: held.seats }),
            Err(error) => {
                if let Some(cause) = definite_cause(&error)
                    && !give_up(aggregates, &request, offering_id, cause, &context).await?
                {
                    // The same request, sent twice at a time, was granted: it is answered alike.
                    return Box::pin(place_over_several(aggregates, request, context)).await;
                }
                return Err(error);
            }
        }
    }
    // Sent again so late that its parts have expired: what it remembers of them is no hold.
    if let (true, Some(first)) = (context.at >= requested.expires_at, placed.first()) {
        let (offering_id, rejection) = (first.offering_id, Rejection::ExpiresInThePast);
        let cause = rejection.code().to_owned();
        give_up(aggregates, &request, offering_id, cause, &context).await?;
        return Err(PlaceHoldError::Refused { offering_id, rejection: Box::new(rejection) });
    }
    let command = hold::Command::RecordPlaced { parts: placed.clone(), at: context.at };
    let recorded = context.derive("record placed");
    let outcome = match aggregates.holds.execute(request.hold_id, command, recorded).await {
        Ok(outcome) => outcome,
        // The same request, sent twice at a time, has been refused there.
        Err(error @ ExecuteError::Rejected(_)) => {
            release_all(aggregates, &request, &context).await?;
            return Err(request_refused(error));
        }
        Err(error) => return Err(request_refused(error)),
    };
    Ok(PlacedHold {
        hold: HoldRef::Several(request.hold_id),
        expires_at: requested.expires_at,
        parts: placed.into_iter().map(|part| (part.offering_id, part.seats)).collect(),
        position: outcome.position,
    })
}

/// What would be refused now is refused before anything is written down, and can be asked again.
async fn refuse_what_cannot_be(
    aggregates: &Aggregates,
    request: &PlaceHold,
    context: &Context,
) -> Result<(), PlaceHoldError> {
    let loaded = aggregates.holds.load(request.hold_id).await?;
    if let hold::State::Requested(_) = &*loaded.state {
        return Ok(());
    }
    for part in request.parts.clone() {
        let offering_id = part.offering_id;
        let (state, command) =
            hold_command(aggregates, request, part, request.expires_at, context.at).await?;
        seat_inventory::decide(&state, command).map_err(|rejection| PlaceHoldError::Refused {
            offering_id,
            rejection: Box::new(rejection),
        })?;
    }
    Ok(())
}

/// Makes the refusal final for this hold, then releases what was held already. False when it has
/// come to another end by now.
async fn give_up(
    aggregates: &Aggregates,
    request: &PlaceHold,
    offering_id: OfferingId,
    cause: String,
    context: &Context,
) -> Result<bool, PlaceHoldError> {
    let command = hold::Command::RecordRefused { offering_id, cause, at: context.at };
    let recorded = context.derive("record refused");
    match aggregates.holds.execute(request.hold_id, command, recorded).await {
        Ok(_) => release_all(aggregates, request, context).await.map(|()| true),
        Err(ExecuteError::Rejected(_)) => Ok(false),
        Err(error) => Err(request_refused(error)),
    }
}

async fn release_all(
    aggregates: &Aggregates,
    request: &PlaceHold,
    context: &Context,
) -> Result<(), PlaceHoldError> {
    for part in &request.parts {
        let offering_id = part.offering_id;
        let command = Command::Release {
            hold_id: request.hold_id,
            reason: ReleaseReason::HoldIncomplete,
            at: context.at,
        };
        let context = context.derive(&format!("release {offering_id}"));
        match aggregates.seat_inventories.execute(offering_id, command, context).await {
            Ok(_) | Err(ExecuteError::Rejected(seat_inventory::Rejection::NotOpen)) => {}
            Err(error) => return Err(refused(offering_id, error)),
        }
    }
    Ok(())
}

/// The cause to remember, when the refusal will not change by asking again.
fn definite_cause(error: &PlaceHoldError) -> Option<String> {
    match error {
        PlaceHoldError::Refused { rejection, .. } => Some(rejection.code().to_owned()),
        PlaceHoldError::NoSuchOffering(_) => {
            Some(seat_inventory::Rejection::NotOpen.code().to_owned())
        }
        PlaceHoldError::RefusedBefore { .. }
        | PlaceHoldError::Request(_)
        | PlaceHoldError::AnotherRequest
        | PlaceHoldError::Busy
        | PlaceHoldError::OutcomeUnknown(_)
        | PlaceHoldError::Load(_) => None,
    }
}

fn request_refused(error: ExecuteError<hold::Rejection>) -> PlaceHoldError {
    match error {
        ExecuteError::Rejected(rejection) => PlaceHoldError::Request(rejection),
        ExecuteError::AnotherRequest => PlaceHoldError::AnotherRequest,
        ExecuteError::Busy => PlaceHoldError::Busy,
        ExecuteError::OutcomeUnknown(reason) => PlaceHoldError::OutcomeUnknown(reason),
        ExecuteError::Load(error) => PlaceHoldError::Load(error),
    }
}
