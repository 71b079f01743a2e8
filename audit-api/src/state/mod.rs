//! The state a stream's events lead to, as JSON: folded by the domain's own rules, shown compactly
//! and with stable names. Sealed personal data has no place in it.

mod offering;
mod parts;
mod sale;

use domain::Decider;
use domain::booking::BookingDecider;
use domain::booking_cancellation::BookingCancellationDecider;
use domain::booking_fulfilment::BookingFulfilmentDecider;
use domain::flight::FlightDecider;
use domain::hold::HoldDecider;
use domain::payment::PaymentDecider;
use domain::seat_inventory::SeatInventoryDecider;
use eventstore_schema::{DecodeError, StoredDecider, StoredEvent};
use serde_json::Value;

/// Takes an event's type and data, and answers the state after it.
pub(crate) type Fold = Box<dyn FnMut(&str, &[u8]) -> Result<Value, DecodeError> + Send>;

/// The fold of a stream of this category; `None` when there are no rules for it.
pub(crate) fn fold(category: &str) -> Option<Fold> {
    Some(match category {
        FlightDecider::CATEGORY => folded::<FlightDecider>(offering::flight),
        SeatInventoryDecider::CATEGORY => folded::<SeatInventoryDecider>(offering::seat_inventory),
        HoldDecider::CATEGORY => folded::<HoldDecider>(offering::hold),
        BookingDecider::CATEGORY => folded::<BookingDecider>(sale::booking),
        PaymentDecider::CATEGORY => folded::<PaymentDecider>(sale::payment),
        BookingFulfilmentDecider::CATEGORY => {
            folded::<BookingFulfilmentDecider>(sale::booking_fulfilment)
        }
        BookingCancellationDecider::CATEGORY => {
            folded::<BookingCancellationDecider>(sale::booking_cancellation)
        }
        _ => return None,
    })
}

fn folded<D: StoredDecider>(show: fn(&D::State) -> Value) -> Fold {
    let mut state = Some(D::initial_state());
    Box::new(move |event_type, data| {
        let event = D::Event::decode(event_type, data)?;
        let before = state.take().unwrap_or_else(D::initial_state);
        Ok(show(state.insert(D::evolve(before, &event))))
    })
}
