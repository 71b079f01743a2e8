use domain::hold::{self, HoldRef, Outcome, Part, PlacedPart};
use domain::seat_inventory::{self, Command, HeldSeat, HoldSeats, ReleaseReason};
use domain::{CustomerId, HoldId, Instant, OfferingId};

use crate::{Aggregates, Context, ExecuteError, HoldParts, LoadError, price_list};

/// Seats to hold, on one offering or on several.
#[derive(Debug, Clone)]
pub struct PlaceHold {
    /// The new hold; made from the idempotency key, so a retry names the same.
    pub hold_id: HoldId,
    /// Whose it is.
    pub owner: CustomerId,
    /// What is wanted, by offering.
    pub parts: Vec<Part>,
    /// How long it lasts.
    pub expires_at: Instant,
    /// Whether the limit on seats held by one customer does not apply.
    pub exempt_from_hoarding_limit: bool,
}

/// A hold that was placed.
#[derive(Debug, Clone)]
pub struct PlacedHold {
    /// How its owner names it.
    pub hold: HoldRef,
    /// When it ends.
    pub expires_at: Instant,
    /// What it holds.
    pub parts: HoldParts,
    /// The position of the event that placed it.
    pub position: u64,
}

/// Why no hold was placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceHoldError {
    /// An offering refused; none of the others holds anything.
    #[error("offering {offering_id} refused: {rejection:?}")]
    Refused {
        /// Which.
        offering_id: OfferingId,
        /// Why.
        rejection: Box<seat_inventory::Rejection>,
    },
    /// As it was refused the first time under this key.
    #[error("offering {offering_id} refused: {cause}")]
    RefusedBefore {
        /// Which.
        offering_id: OfferingId,
        /// The refusal's stable code.
        cause: String,
    },
    /// The request itself is refused.
    #[error("refused: {0:?}")]
    Request(hold::Rejection),
    /// There is no such offering on sale.
    #[error("no offering {0}")]
    NoSuchOffering(OfferingId),
    /// Not executed; see [`ExecuteError`].
    #[error("another request was made under the same key")]
    AnotherRequest,
    /// Too much is waiting.
    #[error("too many commands are waiting")]
    Busy,
    /// It may or may not have happened. Sending the same request again finds out.
    #[error("the outcome is not known yet: {0}")]
    OutcomeUnknown(String),
    /// An aggregate cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Places a hold: all of it or nothing. On one offering it is one append to one stream; over
/// several it is a `hold` stream of its own, the offerings are asked in one fixed order, and a
/// refusal releases those that had said yes. What a crash leaves behind expires by itself, and the
/// same request sent again goes on where it was.
///
/// # Errors
/// See [`PlaceHoldError`].
pub async fn place_hold(
    aggregates: &Aggregates,
    request: PlaceHold,
    context: Context,
) -> Result<PlacedHold, PlaceHoldError> {
    match <[Part; 1]>::try_from(request.parts.clone()) {
        Ok([part]) => {
            let offering_id = part.offering_id;
            let placed = hold_part(aggregates, &request, part, request.expires_at, context).await?;
            Ok(PlacedHold {
                hold: HoldRef::Single { offering_id, hold_id: request.hold_id },
                expires_at: placed.expires_at,
                parts: vec![(offering_id, placed.seats)],
                position: placed.position,
            })
        }
        Err(_) => place_over_several(aggregates, request, context).await,
    }
}

struct HeldPart {
    seats: Vec<HeldSeat>,
    expires_at: Instant,
    position: u64,
}

async fn hold_part(
    aggregates: &Aggregates,
    request: &PlaceHold,
    part: Part,
    expires_at: Instant,
    context: Context,
) -> Result<HeldPart, PlaceHoldError> {
    let offering_id = part.offering_id;
    let inventory = aggregates.seat_inventories.load(offering_id).await?;
    let seat_inventory::State::Open(inventory) = &*inventory.state else {
        return Err(PlaceHoldError::NoSuchOffering(offering_id));
    };
    let prices = price_list(aggregates, &inventory.price_source).await?;
    let prices = prices.ok_or(PlaceHoldError::NoSuchOffering(offering_id))?;
    let command = Command::Hold(HoldSeats {
        hold_id: request.hold_id,
        owner: request.owner.clone(),
        selection: part.selection,
        prices,
        expires_at,
        exempt_from_hoarding_limit: request.exempt_from_hoarding_limit,
        at: context.at,
    });
    let outcome = aggregates
        .seat_inventories
        .execute(offering_id, command, context)
        .await
        .map_err(|error| refused(offering_id, error))?;
    let held = outcome.events.iter().find_map(|event| match event {
        seat_inventory::Event::SeatsHeld { seats, expires_at, .. } => {
            Some((seats.clone(), *expires_at))
        }
        _ => None,
    });
    if let Some((seats, expires_at)) = held {
        return Ok(HeldPart { seats, expires_at, position: outcome.position });
    }
    // It was held before, longer ago than commands are remembered: the state still knows it.
    let loaded = aggregates.seat_inventories.load(offering_id).await?;
    let seat_inventory::State::Open(inventory) = &*loaded.state else {
        return Err(PlaceHoldError::NoSuchOffering(offering_id));
    };
    let hold = inventory.holds.get(&request.hold_id).ok_or(PlaceHoldError::AnotherRequest)?;
    Ok(HeldPart {
        seats: hold.seats.clone(),
        expires_at: hold.expires_at,
        position: loaded.position,
    })
}

async fn place_over_several(
    aggregates: &Aggregates,
    request: PlaceHold,
    context: Context,
) -> Result<PlacedHold, PlaceHoldError> {
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
                if let Some(cause) = definite_cause(&error) {
                    give_up(aggregates, &request, &placed, offering_id, cause, &context).await?;
                }
                return Err(error);
            }
        }
    }
    let command = hold::Command::RecordPlaced { parts: placed.clone(), at: context.at };
    let outcome = aggregates
        .holds
        .execute(request.hold_id, command, context.derive("record placed"))
        .await
        .map_err(request_refused)?;
    Ok(PlacedHold {
        hold: HoldRef::Several(request.hold_id),
        expires_at: requested.expires_at,
        parts: placed.into_iter().map(|part| (part.offering_id, part.seats)).collect(),
        position: outcome.position,
    })
}

/// Releases what was held already, then makes the refusal final for this hold.
async fn give_up(
    aggregates: &Aggregates,
    request: &PlaceHold,
    placed: &[PlacedPart],
    offering_id: OfferingId,
    cause: String,
    context: &Context,
) -> Result<(), PlaceHoldError> {
    for part in placed {
        let command = Command::Release {
            hold_id: request.hold_id,
            reason: ReleaseReason::HoldIncomplete,
            at: context.at,
        };
        let part_context = context.derive(&format!("release {}", part.offering_id));
        aggregates
            .seat_inventories
            .execute(part.offering_id, command, part_context)
            .await
            .map_err(|error| refused(part.offering_id, error))?;
    }
    let command = hold::Command::RecordRefused { offering_id, cause, at: context.at };
    aggregates
        .holds
        .execute(request.hold_id, command, context.derive("record refused"))
        .await
        .map_err(request_refused)?;
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

fn refused(
    offering_id: OfferingId,
    error: ExecuteError<seat_inventory::Rejection>,
) -> PlaceHoldError {
    match error {
        ExecuteError::Rejected(rejection) => {
            PlaceHoldError::Refused { offering_id, rejection: Box::new(rejection) }
        }
        ExecuteError::AnotherRequest => PlaceHoldError::AnotherRequest,
        ExecuteError::Busy => PlaceHoldError::Busy,
        ExecuteError::OutcomeUnknown(reason) => PlaceHoldError::OutcomeUnknown(reason),
        ExecuteError::Load(error) => PlaceHoldError::Load(error),
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
