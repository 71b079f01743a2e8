use std::collections::BTreeMap;

use domain::seat_inventory::SeatId;
use eventstore_schema::AnyEvent;
use read_models::Projection;
use read_models::seat_map::SeatState;
use sqlx::PgConnection;
use uuid::Uuid;

use super::project::{Change, Extension, OfferingRow, SeatRow, project};
use super::rows;
use crate::event::Place;
use crate::postgres::Rows;

/// What a stretch of the log changes, with only the last state of each seat. Sorted, so that
/// every transaction takes its row locks in the same order.
#[derive(Default)]
pub(crate) struct SeatRows {
    pub(super) offerings: Vec<OfferingRow>,
    pub(super) seats: BTreeMap<(Uuid, SeatId), SeatRow>,
    pub(super) extensions: BTreeMap<(Uuid, Uuid), Extension>,
}

const FIRST: SeatId = SeatId { row: 0, column: '\0' };
const LAST: SeatId = SeatId { row: u16::MAX, column: char::MAX };

impl SeatRows {
    pub(super) fn add(&mut self, change: Change) {
        match change {
            Change::Opened(offering) => self.offerings.push(offering),
            Change::Seat(seat) => {
                self.seats.insert((seat.offering_id, seat.seat), seat);
            }
            Change::Extended(extension) => {
                let offering = extension.offering_id;
                let here = self.seats.range_mut((offering, FIRST)..=(offering, LAST));
                for (_, seat) in here {
                    if seat.state == SeatState::Held && seat.hold_id == Some(extension.hold_id) {
                        seat.held_until = Some(extension.held_until);
                        seat.position = extension.position;
                    }
                }
                // Other seats of the hold may have been written with an earlier stretch.
                self.extensions.insert((offering, extension.hold_id), extension);
            }
        }
    }
}

impl Rows for SeatRows {
    const PROJECTION: Projection = Projection::SeatMap;

    fn collect(&mut self, place: Place, event: AnyEvent) {
        if let AnyEvent::SeatInventory(event) = event {
            project(place, &event).into_iter().for_each(|change| self.add(change));
        }
    }

    async fn write(self, connection: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
        rows::write_offerings(connection, schema, &self.offerings).await?;
        // Seats first: an extension finds the rows of this stretch already extended.
        rows::write_seats(connection, schema, self.seats.values()).await?;
        rows::extend_holds(connection, schema, self.extensions.values()).await
    }
}
