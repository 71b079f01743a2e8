//! The document of a booking row: everything a query shows of it. Personal data stays sealed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a booking's row holds beside its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingDocument {
    /// One seat a line.
    pub items: Vec<ItemLine>,
    /// Who travels.
    pub travellers: Vec<TravellerLine>,
    /// How to reach them.
    pub contact: SealedData,
    /// All amounts, in one currency.
    pub money: MoneyLine,
    /// A payment must have begun by then.
    pub payment_limit: DateTime<Utc>,
    /// The payment it is, or is to be, paid by.
    pub payment: Option<PaymentLine>,
    /// Why it failed.
    pub failure: Option<String>,
    /// The last change came from a payment: the booking's own version does not tell of it.
    pub changed_by_payment: bool,
}

/// How far a booking has come, as `booking.status` stores it and clients see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// It waits for its owner to pay.
    AwaitingPayment,
    /// A payment is under way.
    Paying,
    /// Paid, and its seats are booked.
    Confirmed,
    /// It came to nothing.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// Given back.
    Cancelled,
}

impl BookingState {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paying => "paying",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads what is stored.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::AwaitingPayment,
            Self::Paying,
            Self::Confirmed,
            Self::Failed,
            Self::Expired,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|state| state.name() == name)
    }
}

/// One traveller's seat on one offering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLine {
    /// Which offering.
    pub offering_id: Uuid,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// Which seat.
    pub seat: String,
    /// Of which price class.
    pub price_class: String,
    /// What it costs.
    pub price: crate::Price,
    /// Whose it is, by number.
    pub traveller: u16,
}

/// Someone who travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TravellerLine {
    /// Number within the booking, from 1.
    pub number: u16,
    /// Name and date of birth.
    pub details: SealedData,
}

/// Personal data as the event carried it: only the person's key opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedData {
    /// Whose key.
    pub subject: String,
    /// Which version of it.
    pub key_version: u32,
    /// What it was sealed with.
    pub nonce: Vec<u8>,
    /// What the key makes readable.
    pub ciphertext: Vec<u8>,
}

/// A booking's money, in minor units of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyLine {
    /// ISO 4217.
    pub currency: String,
    /// What it costs.
    pub total: i64,
    /// What was taken.
    pub captured: i64,
    /// What was paid back.
    pub refunded: i64,
    /// What a cancellation promised to pay back.
    pub refund_due: i64,
    /// What a cancellation keeps.
    pub penalty: i64,
}

/// The payment of a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentLine {
    /// Which.
    pub payment_id: Uuid,
    /// How.
    pub method: String,
    /// How far it has come, for example `authorised`.
    pub status: String,
    /// The gateway's reason when it declined.
    pub declined: Option<String>,
}
