use crate::{DecodeError, StoredEvent};

/// An event of any category, for those who read the whole log.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyEvent {
    /// Of a flight.
    Flight(domain::flight::Event),
    /// Of an offering's seats.
    SeatInventory(domain::seat_inventory::Event),
    /// Of a hold over several offerings.
    Hold(domain::hold::Event),
    /// Of a booking.
    Booking(domain::booking::Event),
    /// Of a payment.
    Payment(domain::payment::Event),
    /// Of a booking's fulfilment.
    BookingFulfilment(domain::booking_fulfilment::Event),
    /// Of a booking's cancellation.
    BookingCancellation(domain::booking_cancellation::Event),
}

/// Reads a stored event of whichever category its type names.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode_any(event_type: &str, data: &[u8]) -> Result<AnyEvent, DecodeError> {
    let category = event_type.split('.').next().unwrap_or_default();
    Ok(match category {
        "flight" => AnyEvent::Flight(StoredEvent::decode(event_type, data)?),
        "seat_inventory" => AnyEvent::SeatInventory(StoredEvent::decode(event_type, data)?),
        "hold" => AnyEvent::Hold(StoredEvent::decode(event_type, data)?),
        "booking" => AnyEvent::Booking(StoredEvent::decode(event_type, data)?),
        "payment" => AnyEvent::Payment(StoredEvent::decode(event_type, data)?),
        "booking_fulfilment" => AnyEvent::BookingFulfilment(StoredEvent::decode(event_type, data)?),
        "booking_cancellation" => {
            AnyEvent::BookingCancellation(StoredEvent::decode(event_type, data)?)
        }
        _ => return Err(DecodeError::UnknownType(event_type.to_owned())),
    })
}
