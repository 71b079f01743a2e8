use domain::hold::{self, HoldRef, Outcome};
use domain::seat_inventory::{self, HeldSeat};
use domain::{CustomerId, HoldId, Instant, OfferingId};

use crate::{Aggregates, LoadError};

/// What a hold holds, by offering.
pub type HoldParts = Vec<(OfferingId, Vec<HeldSeat>)>;

/// A hold as the inventories know it now.
#[derive(Debug, Clone)]
pub struct HoldView {
    /// Whose it is.
    pub owner: CustomerId,
    /// What it holds.
    pub parts: HoldParts,
    /// When each offering starts.
    pub starts_at: Vec<(OfferingId, Instant)>,
    /// When the first of its parts ends.
    pub expires_at: Instant,
    /// The position of the last event seen.
    pub position: u64,
}

/// Finds a hold by its name: every part of it that was placed is still held. `None` when there is
/// none, or no longer.
///
/// # Errors
/// When a stream cannot be folded.
pub async fn find_hold(
    aggregates: &Aggregates,
    hold: HoldRef,
) -> Result<Option<HoldView>, LoadError> {
    let hold_id = hold.hold_id();
    let offerings = match hold {
        HoldRef::Single { offering_id, .. } => vec![offering_id],
        HoldRef::Several(hold_id) => match placed_offerings(aggregates, hold_id).await? {
            Some(offerings) => offerings,
            None => return Ok(None),
        },
    };
    let mut view: Option<HoldView> = None;
    for offering_id in offerings {
        let loaded = aggregates.seat_inventories.load(offering_id).await?;
        let seat_inventory::State::Open(inventory) = &*loaded.state else {
            return Ok(None);
        };
        let Some(held) = inventory.holds.get(&hold_id) else {
            return Ok(None);
        };
        let view = view.get_or_insert_with(|| HoldView {
            owner: held.owner.clone(),
            parts: vec![],
            starts_at: vec![],
            expires_at: held.expires_at,
            position: 0,
        });
        view.parts.push((offering_id, held.seats.clone()));
        view.starts_at.push((offering_id, inventory.starts_at));
        view.expires_at = view.expires_at.min(held.expires_at);
        view.position = view.position.max(loaded.position);
    }
    Ok(view)
}

async fn placed_offerings(
    aggregates: &Aggregates,
    hold_id: HoldId,
) -> Result<Option<Vec<OfferingId>>, LoadError> {
    let loaded = aggregates.holds.load(hold_id).await?;
    let hold::State::Requested(requested) = &*loaded.state else {
        return Ok(None);
    };
    Ok(match requested.outcome {
        Outcome::Placed | Outcome::Consumed { .. } => {
            Some(requested.placed.iter().map(|part| part.offering_id).collect())
        }
        Outcome::Pending | Outcome::Refused { .. } | Outcome::Released | Outcome::Expired => None,
    })
}
