//! What the events of several categories are made of. Every value has one spelling.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use domain::booking::{FailureReason as DomainFailureReason, Locator};
use domain::hold::HoldRef as DomainHoldRef;
use domain::seat_inventory::{HeldSeat as DomainHeldSeat, SeatId};
use domain::{
    BookingId, Currency as DomainCurrency, CustomerId, HoldId, Money as DomainMoney, OfferingId,
    PaymentId, Sealed as DomainSealed,
};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::{Unreadable, Wire};

/// A hyphenated UUID in lower case.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Id(String);

impl Wire<Uuid> for Id {
    fn of(id: &Uuid) -> Self {
        Self(id.to_string())
    }

    fn read(self) -> Result<Uuid, Unreadable> {
        let one_spelling = self.0.len() == 36 && !self.0.bytes().any(|b| b.is_ascii_uppercase());
        Uuid::try_parse(&self.0)
            .ok()
            .filter(|_| one_spelling)
            .ok_or_else(|| Unreadable::invalid("an id", &self.0))
    }
}

macro_rules! stored_as_id {
    ($($id:ident),+) => {
        $(impl Wire<$id> for Id {
            fn of(id: &$id) -> Self {
                Self::of(&id.0)
            }

            fn read(self) -> Result<$id, Unreadable> {
                self.read().map($id)
            }
        })+
    };
}

stored_as_id!(OfferingId, HoldId, BookingId, PaymentId);

/// RFC 3339 in UTC with `Z`, and as many digits of a second as it takes: none, 3, 6 or 9.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Instant(String);

impl Wire<DateTime<Utc>> for Instant {
    fn of(instant: &DateTime<Utc>) -> Self {
        Self(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    fn read(self) -> Result<DateTime<Utc>, Unreadable> {
        let in_utc = self.0.ends_with('Z') && self.0.contains('T') && !self.0.contains(' ');
        self.0
            .parse()
            .ok()
            .filter(|_| in_utc)
            .ok_or_else(|| Unreadable::invalid("an instant in UTC", &self.0))
    }
}

/// What a clock on the wall shows: `YYYY-MM-DDTHH:MM:SS`, with digits of a second only if it
/// shows them.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct LocalTime(String);

impl Wire<NaiveDateTime> for LocalTime {
    fn of(local: &NaiveDateTime) -> Self {
        Self(local.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
    }

    fn read(self) -> Result<NaiveDateTime, Unreadable> {
        NaiveDateTime::parse_from_str(&self.0, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()
            .filter(|_| self.0.len() >= 19)
            .ok_or_else(|| Unreadable::invalid("a local time", &self.0))
    }
}

/// An ISO 4217 code, for example `USD`.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Currency(String);

impl Wire<DomainCurrency> for Currency {
    fn of(currency: &DomainCurrency) -> Self {
        Self(currency.to_string())
    }

    fn read(self) -> Result<DomainCurrency, Unreadable> {
        DomainCurrency::parse(&self.0).map_err(|_| Unreadable::invalid("a currency", &self.0))
    }
}

/// A seat's name, for example `12A`.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Seat(String);

impl Wire<SeatId> for Seat {
    fn of(seat: &SeatId) -> Self {
        Self(seat.to_string())
    }

    fn read(self) -> Result<SeatId, Unreadable> {
        self.0.parse().map_err(|_| Unreadable::invalid("a seat", &self.0))
    }
}

/// A hold's name as clients know it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct HoldRef(String);

impl Wire<DomainHoldRef> for HoldRef {
    fn of(hold: &DomainHoldRef) -> Self {
        Self(hold.to_string())
    }

    fn read(self) -> Result<DomainHoldRef, Unreadable> {
        let one_spelling = !self.0.bytes().any(|byte| byte.is_ascii_uppercase());
        self.0
            .parse()
            .ok()
            .filter(|_| one_spelling)
            .ok_or_else(|| Unreadable::invalid("a hold id", &self.0))
    }
}

/// Bytes as pairs of lower-case hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Hex(String);

impl Wire<Vec<u8>> for Hex {
    fn of(bytes: &Vec<u8>) -> Self {
        let mut digits = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Self(digits)
    }

    fn read(self) -> Result<Vec<u8>, Unreadable> {
        // Neither the digits nor their length are told: they are someone's personal data.
        let invalid = || Unreadable::Invalid("not pairs of hexadecimal digits".to_owned());
        let (pairs, []) = self.0.as_bytes().as_chunks::<2>() else {
            return Err(invalid());
        };
        pairs
            .iter()
            .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
            .collect::<Option<Vec<u8>>>()
            .ok_or_else(invalid)
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

stored_object! {
    Money for DomainMoney {
        amount: i64,
        currency: Currency,
    }
}

stored_object! {
    HeldSeat for DomainHeldSeat {
        seat: Seat,
        price_class: String,
        price: Money,
    }
}

stored_object! {
    Sealed for DomainSealed {
        subject: String,
        key_version: u32,
        nonce: Hex,
        ciphertext: Hex,
    }
}

stored_words! {
    FailureReason for DomainFailureReason {
        PaymentDeclined = "payment_declined",
        SeatsLost = "seats_lost",
    }
}

macro_rules! stored_as_it_is {
    ($($plain:ty),+) => {
        $(impl Wire<$plain> for $plain {
            fn of(value: &$plain) -> Self {
                value.clone()
            }

            fn read(self) -> Result<$plain, Unreadable> {
                Ok(self)
            }
        })+
    };
}

stored_as_it_is!(String, bool, u16, u32, u64, i64, usize);

impl Wire<Arc<str>> for String {
    fn of(text: &Arc<str>) -> Self {
        text.as_ref().to_owned()
    }

    fn read(self) -> Result<Arc<str>, Unreadable> {
        Ok(self.into())
    }
}

impl Wire<CustomerId> for String {
    fn of(customer: &CustomerId) -> Self {
        Self::of(&customer.0)
    }

    fn read(self) -> Result<CustomerId, Unreadable> {
        Ok(CustomerId(self.into()))
    }
}

impl Wire<Locator> for String {
    fn of(locator: &Locator) -> Self {
        Self::of(&locator.0)
    }

    fn read(self) -> Result<Locator, Unreadable> {
        Ok(Locator(self.into()))
    }
}

impl<D, W: Wire<D>> Wire<Vec<D>> for Vec<W> {
    fn of(values: &Vec<D>) -> Self {
        values.iter().map(W::of).collect()
    }

    fn read(self) -> Result<Vec<D>, Unreadable> {
        self.into_iter().map(W::read).collect()
    }
}

impl<D, W: Wire<D>> Wire<Option<D>> for Option<W> {
    fn of(value: &Option<D>) -> Self {
        value.as_ref().map(W::of)
    }

    fn read(self) -> Result<Option<D>, Unreadable> {
        self.map(W::read).transpose()
    }
}

/// For a field that is left out when there is nothing to say; `null` is not how it is written.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
