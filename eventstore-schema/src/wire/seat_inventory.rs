use domain::seat_inventory::{
    Event, Extension as DomainExtension, ReleaseReason as DomainReleaseReason,
};

use super::layout::SharedLayout;
use super::parts::{HeldSeat, Id, Instant, Seat};

stored_events! {
    Event {
        "seat_inventory.opened.v1" = Opened {
            offering_id: Id,
            layout: SharedLayout,
            sales_close_at: Instant,
            starts_at: Instant,
            price_source: String,
            at: Instant,
        }
        "seat_inventory.seats_held.v1" = SeatsHeld {
            hold_id: Id,
            owner: String,
            seats: Vec<HeldSeat>,
            price_stream: String,
            price_revision: u64,
            expires_at: Instant,
            at: Instant,
        }
        "seat_inventory.hold_extended.v1" = HoldExtended {
            hold_id: Id,
            expires_at: Instant,
            extension: Extension,
            at: Instant,
        }
        "seat_inventory.hold_released.v1" = HoldReleased {
            hold_id: Id,
            seats: Vec<Seat>,
            reason: ReleaseReason,
            at: Instant,
        }
        "seat_inventory.hold_expired.v1" = HoldExpired {
            hold_id: Id,
            seats: Vec<Seat>,
            expired_at: Instant,
            at: Instant,
        }
        "seat_inventory.seats_booked.v1" = SeatsBooked {
            booking_id: Id,
            hold_id: Id,
            seats: Vec<HeldSeat>,
            at: Instant,
        }
        "seat_inventory.seats_returned.v1" = SeatsReturned {
            booking_id: Id,
            seats: Vec<Seat>,
            at: Instant,
        }
    }
}

stored_words! {
    Extension for DomainExtension {
        Renewal = "renewal",
        Payment = "payment",
    }
}

stored_words! {
    ReleaseReason for DomainReleaseReason {
        Customer = "customer",
        HoldIncomplete = "hold_incomplete",
        BookingFailed = "booking_failed",
        BookingCancelled = "booking_cancelled",
    }
}
