use domain::booking::{self, FailureReason};
use domain::seat_inventory::{self, HeldSeat, SeatId};
use domain::{Instant, Money};
use serde::Serialize;
use uuid::Uuid;

/// The `data` of an announcement. What is not named here is not told: fields are chosen one by
/// one, never taken over from an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Data {
    Begun { booking_id: Uuid, items: Vec<Item>, total: Amount, payment_limit: Instant },
    Cancelled { booking_id: Uuid, refund: Amount, penalty: Amount },
    Failed { booking_id: Uuid, reason: &'static str },
    Booking { booking_id: Uuid },
    Seats { offering_id: Uuid, state: &'static str, seats: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Item {
    offering_id: Uuid,
    seat: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Amount {
    amount: i64,
    currency: String,
}

impl Data {
    pub(crate) fn of_booking(booking_id: Uuid, event: &booking::Event) -> Self {
        use booking::Event;
        match event {
            Event::Begun { items, total, payment_limit, .. } => Self::Begun {
                booking_id,
                items: items
                    .iter()
                    .map(|item| Item {
                        offering_id: item.offering_id.0,
                        seat: item.seat.to_string(),
                    })
                    .collect(),
                total: amount(*total),
                payment_limit: *payment_limit,
            },
            Event::PaymentStarted { .. } | Event::Confirmed { .. } | Event::Expired { .. } => {
                Self::Booking { booking_id }
            }
            Event::Failed { reason, .. } => Self::Failed {
                booking_id,
                reason: match reason {
                    FailureReason::PaymentDeclined => "payment_declined",
                    FailureReason::SeatsLost => "seats_lost",
                },
            },
            Event::Cancelled { refund, penalty, .. } => {
                Self::Cancelled { booking_id, refund: amount(*refund), penalty: amount(*penalty) }
            }
        }
    }

    /// The seats that changed; `None` when none did.
    pub(crate) fn of_seats(offering_id: Uuid, event: &seat_inventory::Event) -> Option<Self> {
        use seat_inventory::Event;
        let (state, seats) = match event {
            Event::SeatsHeld { seats, .. } => ("held", held(seats)),
            Event::SeatsBooked { seats, .. } => ("booked", held(seats)),
            Event::HoldReleased { seats, .. }
            | Event::HoldExpired { seats, .. }
            | Event::SeatsReturned { seats, .. } => ("free", named(seats)),
            Event::Opened { .. } | Event::HoldExtended { .. } => return None,
        };
        Some(Self::Seats { offering_id, state, seats })
    }
}

fn amount(money: Money) -> Amount {
    Amount { amount: money.amount, currency: money.currency.to_string() }
}

fn held(seats: &[HeldSeat]) -> Vec<String> {
    seats.iter().map(|held| held.seat.to_string()).collect()
}

fn named(seats: &[SeatId]) -> Vec<String> {
    seats.iter().map(SeatId::to_string).collect()
}
