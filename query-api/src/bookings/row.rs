use chrono::{DateTime, Utc};
use read_models::booking::{BookingDocument, BookingState};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use uuid::Uuid;

/// A row of `booking`.
pub(super) struct BookingRow {
    pub(super) booking_id: Uuid,
    pub(super) owner: String,
    pub(super) locator: String,
    pub(super) state: BookingState,
    pub(super) version: i64,
    pub(super) begun_at: DateTime<Utc>,
    pub(super) document: BookingDocument,
}

/// The columns that [`BookingRow::read`] reads.
pub(super) const COLUMNS: &str = "booking_id, owner, locator, status, version, begun_at, document";

impl BookingRow {
    pub(super) fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let status: &str = row.try_get("status")?;
        let state = BookingState::parse(status)
            .ok_or_else(|| sqlx::Error::Decode(format!("booking status `{status}`").into()))?;
        let Json(document) = row.try_get("document")?;
        Ok(Self {
            booking_id: row.try_get("booking_id")?,
            owner: row.try_get("owner")?,
            locator: row.try_get("locator")?,
            state,
            version: row.try_get("version")?,
            begun_at: row.try_get("begun_at")?,
            document,
        })
    }

    /// Until when the owner can do what they can do now, as far as time alone decides.
    fn actions_until(&self) -> Option<DateTime<Utc>> {
        match self.state {
            BookingState::AwaitingPayment => Some(self.document.payment_limit),
            BookingState::Confirmed => self.document.items.iter().map(|item| item.starts_at).min(),
            BookingState::Paying
            | BookingState::Failed
            | BookingState::Expired
            | BookingState::Cancelled => None,
        }
    }

    /// What the owner may do now. An offer, not a promise: the write side decides.
    pub(super) fn available_actions(&self, now: DateTime<Utc>) -> Vec<&'static str> {
        let in_time = self.actions_until().is_some_and(|until| now < until);
        match (self.state, in_time) {
            (BookingState::AwaitingPayment, true) => vec!["pay", "cancel"],
            (BookingState::AwaitingPayment, false) | (BookingState::Confirmed, true) => {
                vec!["cancel"]
            }
            _ => vec![],
        }
    }

    /// Whether the version alone tells that nothing changed: a payment's events and the passing of
    /// a limit are not in it.
    pub(super) fn version_tells(&self, now: DateTime<Utc>) -> bool {
        !self.document.changed_by_payment && self.actions_until().is_none_or(|until| now < until)
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", self.version)
    }

    /// Everything but personal data.
    pub(super) fn view(&self, now: DateTime<Utc>) -> Value {
        let document = &self.document;
        let money = &document.money;
        let price = |amount: i64| json!({"amount": amount, "currency": money.currency});
        json!({
            "booking_id": self.booking_id,
            "locator": self.locator,
            "state": self.state,
            "begun_at": self.begun_at,
            "items": document.items,
            "money": {
                "total": price(money.total),
                "captured": price(money.captured),
                "refunded": price(money.refunded),
                "refund_due": price(money.refund_due),
                "penalty": price(money.penalty),
            },
            "payment": document.payment.as_ref().map(|payment| json!({
                "payment_id": payment.payment_id,
                "method": payment.method,
                "status": payment.status,
                "declined": payment.declined,
            })),
            "payment_limit": document.payment_limit,
            "failure": document.failure,
            "available_actions": self.available_actions(now),
            "version": self.version,
        })
    }
}
