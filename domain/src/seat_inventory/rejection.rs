use crate::seat_inventory::{InvalidLayout, SeatId};
use crate::{Instant, Money};

/// Why seats are not held, booked or returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing of this offering is on sale.
    NotOpen,
    /// It is on sale, with other seats or times.
    AlreadyOpenDifferently,
    /// Seats cannot be made from the description.
    InvalidLayout(InvalidLayout),
    /// Sales end after what is offered has begun.
    SalesCloseAfterStart,
    /// Too late.
    SalesClosed {
        /// Since when.
        closed_at: Instant,
    },
    /// No seats were named, or none asked for.
    NoSeats,
    /// More than [`crate::seat_inventory::policy::MAX_SEATS_PER_HOLD`].
    TooManySeats {
        /// How many were asked for.
        asked: usize,
        /// How many may be.
        limit: usize,
    },
    /// A seat was named twice.
    SeatNamedTwice {
        /// Which.
        seat: SeatId,
    },
    /// The customer would hold too many seats of this offering.
    HoardingLimit {
        /// How many they hold.
        held: usize,
        /// How many they may.
        limit: usize,
    },
    /// Some of the seats cannot be had; none was held.
    SeatsUnavailable {
        /// Which, and why.
        seats: Vec<SeatRefusal>,
        /// As many seats that would do instead, nearest first; empty when there are not that many.
        alternatives: Vec<SeatId>,
    },
    /// The party cannot be seated as it asked.
    NotEnoughSeats {
        /// How many seats are free there.
        free: usize,
        /// Whether they would have been enough, had they not to be side by side.
        only_apart: bool,
    },
    /// No price is known for a class.
    NoPrice {
        /// Which class.
        price_class: String,
    },
    /// Prices of several currencies, or a total beyond counting.
    PricesDoNotAdd {
        /// The first of them.
        first: Money,
    },
    /// The hold would end before it began.
    ExpiresInThePast,
    /// There is no such hold now.
    NoSuchHold,
    /// The hold's time is over.
    HoldExpired {
        /// Since when.
        expired_at: Instant,
    },
    /// Someone else's hold.
    NotTheOwner,
    /// Renewed as often as may be.
    RenewalLimit {
        /// How often.
        limit: u8,
    },
    /// The hold lives as long as a hold may.
    LongestHold,
}

impl Rejection {
    /// The stable code it is stored and answered under.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOpen => "offering_not_on_sale",
            Self::AlreadyOpenDifferently => "already_open_differently",
            Self::InvalidLayout(_) => "invalid_layout",
            Self::SalesCloseAfterStart => "sales_close_after_start",
            Self::SalesClosed { .. } => "sales_closed",
            Self::NoSeats => "no_seats",
            Self::TooManySeats { .. } => "too_many_seats",
            Self::SeatNamedTwice { .. } => "seat_named_twice",
            Self::HoardingLimit { .. } => "hoarding_limit",
            Self::SeatsUnavailable { .. } => "seats_unavailable",
            Self::NotEnoughSeats { .. } => "not_enough_seats",
            Self::NoPrice { .. } => "no_price",
            Self::PricesDoNotAdd { .. } => "prices_do_not_add",
            Self::ExpiresInThePast => "expires_in_the_past",
            Self::NoSuchHold => "no_such_hold",
            Self::HoldExpired { .. } => "hold_expired",
            Self::NotTheOwner => "not_the_owner",
            Self::RenewalLimit { .. } => "renewal_limit",
            Self::LongestHold => "longest_hold",
        }
    }
}

/// A seat that cannot be had, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRefusal {
    /// Which seat.
    pub seat: SeatId,
    /// Why.
    pub why: Why,
}

/// Why a seat cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Someone holds it.
    Held {
        /// Until then, unless they book it.
        until: Instant,
    },
    /// It is booked.
    Booked,
    /// It is never sold.
    Blocked,
    /// There is no such seat.
    NotThere,
}
