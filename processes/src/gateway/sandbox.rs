use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::Money;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Authorisation, GatewayError, PaymentGateway};

/// The method that this gateway declines; every other is authorised.
const DECLINED_METHOD: &str = "card_declined";

/// A gateway that moves no money. It keeps books of its own, in a file that has nothing to do
/// with the log: what it says it captured can be held against what the log says.
pub struct SandboxGateway {
    books: Arc<Mutex<Connection>>,
}

/// What this gateway's own books say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxTotals {
    /// Captured, in minor units.
    pub captured: i64,
    /// Paid back, in minor units.
    pub refunded: i64,
    /// Reserved, and neither captured nor let go.
    pub reserved: i64,
}

impl SandboxGateway {
    /// Opens the books, or makes the file.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(file: &Path) -> Result<Self, GatewayError> {
        let books = Connection::open(file).map_err(storage)?;
        books.busy_timeout(std::time::Duration::from_secs(5)).map_err(storage)?;
        books
            .execute_batch(
                "PRAGMA journal_mode = wal;
                 PRAGMA synchronous = full;
                 CREATE TABLE IF NOT EXISTS charge (
                     key BLOB PRIMARY KEY,
                     amount INTEGER NOT NULL,
                     currency TEXT NOT NULL,
                     state TEXT NOT NULL
                 ) STRICT;
                 CREATE TABLE IF NOT EXISTS refund (
                     id BLOB PRIMARY KEY,
                     charge BLOB NOT NULL REFERENCES charge (key),
                     amount INTEGER NOT NULL
                 ) STRICT;",
            )
            .map_err(storage)?;
        Ok(Self { books: Arc::new(Mutex::new(books)) })
    }

    /// The sums of its books.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn totals(&self) -> Result<SandboxTotals, GatewayError> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = |sql: &str| books.query_row(sql, [], |row| row.get(0)).map_err(storage);
        const CHARGED: &str = "SELECT coalesce(sum(amount), 0) FROM charge WHERE state = ";
        Ok(SandboxTotals {
            captured: sum(&format!("{CHARGED} 'captured'"))?,
            refunded: sum("SELECT coalesce(sum(amount), 0) FROM refund")?,
            reserved: sum(&format!("{CHARGED} 'authorised'"))?,
        })
    }

    async fn with_books<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, GatewayError> + Send + 'static,
    ) -> Result<T, GatewayError> {
        let books = self.books.clone();
        tokio::task::spawn_blocking(move || {
            work(&mut books.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
        .map_err(|error| GatewayError(error.to_string()))?
    }

    async fn advance(
        &self,
        key: Uuid,
        from: &'static str,
        to: &'static str,
    ) -> Result<(), GatewayError> {
        self.with_books(move |books| {
            let changed = books
                .execute(
                    "UPDATE charge SET state = ?3 WHERE key = ?1 AND state IN (?2, ?3)",
                    params![key.as_bytes(), from, to],
                )
                .map_err(storage)?;
            match changed {
                1 => Ok(()),
                _ => Err(GatewayError(format!("charge {key} is not {from}"))),
            }
        })
        .await
    }
}

#[async_trait]
impl PaymentGateway for SandboxGateway {
    async fn authorise(
        &self,
        key: Uuid,
        amount: Money,
        method: &str,
    ) -> Result<Authorisation, GatewayError> {
        let wanted = if method == DECLINED_METHOD { "declined" } else { "authorised" };
        self.with_books(move |books| {
            books
                .execute(
                    "INSERT OR IGNORE INTO charge (key, amount, currency, state)
                     VALUES (?1, ?2, ?3, ?4)",
                    params![key.as_bytes(), amount.amount, amount.currency.to_string(), wanted],
                )
                .map_err(storage)?;
            let state: String = books
                .query_row(
                    "SELECT state FROM charge WHERE key = ?1",
                    params![key.as_bytes()],
                    |row| row.get(0),
                )
                .map_err(storage)?;
            Ok(match state.as_str() {
                "declined" => Authorisation::Declined { reason: "card_declined".into() },
                _ => Authorisation::Authorised { reference: format!("sandbox-{}", key.simple()) },
            })
        })
        .await
    }

    async fn capture(&self, key: Uuid) -> Result<(), GatewayError> {
        self.advance(key, "authorised", "captured").await
    }

    async fn void(&self, key: Uuid) -> Result<(), GatewayError> {
        self.advance(key, "authorised", "voided").await
    }

    async fn refund(&self, key: Uuid, refund_id: Uuid, amount: Money) -> Result<(), GatewayError> {
        self.with_books(move |books| {
            let transaction = books.transaction().map_err(storage)?;
            let captured: Option<i64> = transaction
                .query_row(
                    "SELECT amount FROM charge WHERE key = ?1 AND state = 'captured'
                     AND currency = ?2",
                    params![key.as_bytes(), amount.currency.to_string()],
                    |row| row.get(0),
                )
                .optional()
                .map_err(storage)?;
            let refunded: i64 = transaction
                .query_row(
                    "SELECT coalesce(sum(amount), 0) FROM refund WHERE charge = ?1 AND id <> ?2",
                    params![key.as_bytes(), refund_id.as_bytes()],
                    |row| row.get(0),
                )
                .map_err(storage)?;
            if captured.is_none_or(|captured| refunded + amount.amount > captured) {
                return Err(GatewayError(format!("charge {key} has not so much to refund")));
            }
            transaction
                .execute(
                    "INSERT OR IGNORE INTO refund (id, charge, amount) VALUES (?1, ?2, ?3)",
                    params![refund_id.as_bytes(), key.as_bytes(), amount.amount],
                )
                .map_err(storage)?;
            transaction.commit().map_err(storage)
        })
        .await
    }
}

fn storage(error: rusqlite::Error) -> GatewayError {
    GatewayError(format!("the sandbox's books cannot be used: {error}"))
}

#[cfg(test)]
mod tests {
    use domain::Currency;

    use super::*;

    fn usd(amount: i64) -> Money {
        Money::new(amount, Currency::parse("USD").unwrap())
    }

    #[tokio::test]
    async fn a_call_made_twice_moves_money_once() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = SandboxGateway::open(&folder.path().join("books.sqlite")).unwrap();
        let (key, refund) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..2 {
            gateway.authorise(key, usd(100), "card").await.unwrap();
        }
        assert_eq!(gateway.totals().unwrap().reserved, 100);
        for _ in 0..2 {
            gateway.capture(key).await.unwrap();
        }
        for _ in 0..2 {
            gateway.refund(key, refund, usd(60)).await.unwrap();
        }
        let totals = SandboxTotals { captured: 100, refunded: 60, reserved: 0 };
        assert_eq!(gateway.totals().unwrap(), totals);
        assert!(gateway.refund(key, Uuid::from_u128(3), usd(41)).await.is_err());
        assert!(gateway.void(key).await.is_err());
        assert_eq!(gateway.totals().unwrap(), totals);
    }

    #[tokio::test]
    async fn a_declined_method_reserves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let gateway = SandboxGateway::open(&folder.path().join("books.sqlite")).unwrap();
        let answer = gateway.authorise(Uuid::from_u128(1), usd(5), DECLINED_METHOD).await.unwrap();
        assert!(matches!(answer, Authorisation::Declined { .. }));
        assert_eq!(gateway.totals().unwrap().reserved, 0);
        assert!(gateway.capture(Uuid::from_u128(1)).await.is_err());
    }
}
