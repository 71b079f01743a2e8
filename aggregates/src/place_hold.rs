mod several;

use std::sync::Arc;

use domain::hold::{self, HoldRef, Part};
use domain::seat_inventory::{self, Command, HeldSeat, HoldSeats};
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
        Err(_) => several::place_over_several(aggregates, request, context).await,
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
    let (_, command) = hold_command(aggregates, request, part, expires_at, context.at).await?;
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

/// The command that holds one part, and the seats it would be decided on now.
async fn hold_command(
    aggregates: &Aggregates,
    request: &PlaceHold,
    part: Part,
    expires_at: Instant,
    at: Instant,
) -> Result<(Arc<seat_inventory::State>, Command), PlaceHoldError> {
    let no_such_offering = PlaceHoldError::NoSuchOffering(part.offering_id);
    let loaded = aggregates.seat_inventories.load(part.offering_id).await?;
    let seat_inventory::State::Open(inventory) = &*loaded.state else {
        return Err(no_such_offering);
    };
    let prices = price_list(aggregates, &inventory.price_source).await?;
    let command = Command::Hold(HoldSeats {
        hold_id: request.hold_id,
        owner: request.owner.clone(),
        selection: part.selection,
        prices: prices.ok_or(no_such_offering)?,
        expires_at,
        exempt_from_hoarding_limit: request.exempt_from_hoarding_limit,
        at,
    });
    Ok((loaded.state, command))
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
