//! The port to whoever moves money, and the sandbox that stands in for one. Knows no booking.
//! Every call carries a key of ours: the same call made twice has the effect of once.

mod sandbox;

use async_trait::async_trait;
use domain::Money;
use uuid::Uuid;

pub use sandbox::{SandboxGateway, SandboxTotals};

/// Moves money, outside.
#[async_trait]
pub trait PaymentGateway: Send + Sync + 'static {
    /// Reserves an amount.
    ///
    /// # Errors
    /// When the gateway gives no definite answer: ask again with the same key.
    async fn authorise(
        &self,
        key: Uuid,
        amount: Money,
        method: &str,
    ) -> Result<Authorisation, GatewayError>;

    /// Takes the reserved amount.
    ///
    /// # Errors
    /// When the gateway gives no definite answer: ask again with the same key.
    async fn capture(&self, key: Uuid) -> Result<(), GatewayError>;

    /// Lets the reserved amount go.
    ///
    /// # Errors
    /// When the gateway gives no definite answer: ask again with the same key.
    async fn void(&self, key: Uuid) -> Result<(), GatewayError>;

    /// Pays back some of the amount taken.
    ///
    /// # Errors
    /// When the gateway gives no definite answer: ask again with the same id.
    async fn refund(&self, key: Uuid, refund_id: Uuid, amount: Money) -> Result<(), GatewayError>;
}

/// The gateway's answer to an authorisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorisation {
    /// The amount is reserved.
    Authorised {
        /// What the gateway calls it.
        reference: String,
    },
    /// It is not.
    Declined {
        /// Why, by the gateway's code.
        reason: String,
    },
}

/// No definite answer.
#[derive(Debug, thiserror::Error)]
#[error("the payment gateway gave no answer: {0}")]
pub struct GatewayError(pub String);
