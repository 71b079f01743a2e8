use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::seat_inventory::{Event, Layout, SeatId};
use read_models::seat_map::SeatState;
use uuid::Uuid;

use crate::event::Place;

/// What an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// An offering is on sale.
    Opened(OfferingRow),
    /// A seat is another's, or free again.
    Seat(SeatRow),
    /// All seats that are in a hold stay in it for longer.
    Extended(Extension),
}

/// A row of `offering`, with the layout it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferingRow {
    pub(crate) offering_id: Uuid,
    pub(crate) layout: Arc<Layout>,
    pub(crate) price_source: String,
    pub(crate) sales_close_at: DateTime<Utc>,
    pub(crate) starts_at: DateTime<Utc>,
    pub(crate) position: i64,
}

/// A row of `seat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeatRow {
    pub(crate) offering_id: Uuid,
    pub(crate) seat: SeatId,
    pub(crate) state: SeatState,
    pub(crate) hold_id: Option<Uuid>,
    pub(crate) held_until: Option<DateTime<Utc>>,
    pub(crate) booking_id: Option<Uuid>,
    pub(crate) position: i64,
}

/// A hold that lasts longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) offering_id: Uuid,
    pub(crate) hold_id: Uuid,
    pub(crate) held_until: DateTime<Utc>,
    pub(crate) position: i64,
}

/// What an event of an offering's seats changes. The rules name every seat of a hold whenever it
/// ends, and end a hold before its seat is another's: so no change here has to ask whose it was.
pub(crate) fn project(place: Place, event: &Event) -> Vec<Change> {
    let taken = |seat: SeatId| SeatRow {
        offering_id: place.id,
        seat,
        state: SeatState::Free,
        hold_id: None,
        held_until: None,
        booking_id: None,
        position: place.position,
    };
    match event {
        Event::Opened { offering_id, layout, sales_close_at, starts_at, price_source, at: _ } => {
            vec![Change::Opened(OfferingRow {
                offering_id: offering_id.0,
                layout: layout.clone(),
                price_source: price_source.clone(),
                sales_close_at: *sales_close_at,
                starts_at: *starts_at,
                position: place.position,
            })]
        }
        Event::SeatsHeld { hold_id, seats, expires_at, .. } => seats
            .iter()
            .map(|held| {
                Change::Seat(SeatRow {
                    state: SeatState::Held,
                    hold_id: Some(hold_id.0),
                    held_until: Some(*expires_at),
                    ..taken(held.seat)
                })
            })
            .collect(),
        Event::HoldExtended { hold_id, expires_at, .. } => vec![Change::Extended(Extension {
            offering_id: place.id,
            hold_id: hold_id.0,
            held_until: *expires_at,
            position: place.position,
        })],
        Event::HoldReleased { seats, .. }
        | Event::HoldExpired { seats, .. }
        | Event::SeatsReturned { seats, .. } => {
            seats.iter().map(|seat| Change::Seat(taken(*seat))).collect()
        }
        Event::SeatsBooked { booking_id, seats, .. } => seats
            .iter()
            .map(|held| {
                Change::Seat(SeatRow {
                    state: SeatState::Booked,
                    booking_id: Some(booking_id.0),
                    ..taken(held.seat)
                })
            })
            .collect(),
    }
}
