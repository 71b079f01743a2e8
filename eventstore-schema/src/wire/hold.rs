use domain::hold::{Event, Part as DomainPart, PlacedPart as DomainPlacedPart};
use domain::seat_inventory::Selection as DomainSelection;
use serde::{Deserialize, Serialize};

use super::parts::{HeldSeat, Id, Instant, Seat, present};
use super::{Unreadable, Wire};

stored_events! {
    Event {
        "hold.requested.v1" = Requested {
            hold_id: Id,
            owner: String,
            parts: Vec<Part>,
            expires_at: Instant,
            at: Instant,
        }
        "hold.placed.v1" = Placed {
            parts: Vec<PlacedPart>,
            at: Instant,
        }
        "hold.refused.v1" = Refused {
            offering_id: Id,
            cause: String,
            at: Instant,
        }
        "hold.renewed.v1" = Renewed {
            expires_at: Instant,
            at: Instant,
        }
        "hold.released.v1" = Released {
            at: Instant,
        }
        "hold.expired.v1" = Expired {
            at: Instant,
        }
        "hold.consumed.v1" = Consumed {
            booking_id: Id,
            at: Instant,
        }
    }
}

stored_object! {
    Part for DomainPart {
        offering_id: Id,
        selection: Selection,
    }
}

stored_object! {
    PlacedPart for DomainPlacedPart {
        offering_id: Id,
        seats: Vec<HeldSeat>,
    }
}

/// `{"named": ["12A"]}` or `{"best": {"count": 2, "together": true}}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Selection {
    #[serde(rename = "named")]
    Named(Vec<Seat>),
    #[serde(rename = "best")]
    Best {
        count: usize,
        #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
        section: Option<String>,
        together: bool,
    },
}

impl Wire<DomainSelection> for Selection {
    fn of(selection: &DomainSelection) -> Self {
        match selection {
            DomainSelection::Named(seats) => Self::Named(Wire::of(seats)),
            DomainSelection::Best { count, section, together } => {
                Self::Best { count: *count, section: section.clone(), together: *together }
            }
        }
    }

    fn read(self) -> Result<DomainSelection, Unreadable> {
        Ok(match self {
            Self::Named(seats) => DomainSelection::Named(seats.read()?),
            Self::Best { count, section, together } => {
                DomainSelection::Best { count, section, together }
            }
        })
    }
}
