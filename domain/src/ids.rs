use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// An identifier that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    /// What was expected, for example `an offering id`.
    pub expected: &'static str,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not {}", self.expected)
    }
}

impl std::error::Error for InvalidId {}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId { expected: $expected })
            }
        }
    };
}

uuid_id!(
    /// Something with seats that can be booked: one flight leg on a date, one film showing.
    OfferingId,
    "an offering id"
);
uuid_id!(
    /// One hold, on one offering or over several. See [`crate::hold::HoldRef`] for how a client
    /// names it.
    HoldId,
    "a hold id"
);
uuid_id!(
    /// One booking.
    BookingId,
    "a booking id"
);
uuid_id!(
    /// One payment for one booking.
    PaymentId,
    "a payment id"
);

/// Who a hold or a booking belongs to: the subject of their token. Opaque here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerId(pub Arc<str>);

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
