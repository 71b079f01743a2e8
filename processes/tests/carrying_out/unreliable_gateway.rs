use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::Money;
use processes::gateway::{Authorisation, GatewayError, PaymentGateway, SandboxGateway};
use uuid::Uuid;

/// The sandbox, behind a line that loses every so-manieth answer, after the call took effect, and
/// every so-manieth request before it did.
pub(crate) struct UnreliableGateway {
    pub(crate) sandbox: SandboxGateway,
    calls: AtomicU32,
    loses_every: u32,
}

impl UnreliableGateway {
    /// `loses_every` 0 loses nothing; 2 loses every second answer.
    pub(crate) fn new(sandbox: SandboxGateway, loses_every: u32) -> Self {
        Self { sandbox, calls: AtomicU32::new(0), loses_every }
    }

    fn loses_this(&self) -> bool {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.loses_every > 0 && !call.is_multiple_of(self.loses_every)
    }

    fn answer<T>(&self, answer: Result<T, GatewayError>) -> Result<T, GatewayError> {
        if self.loses_this() { Err(GatewayError("the answer was lost".into())) } else { answer }
    }
}

#[async_trait]
impl PaymentGateway for UnreliableGateway {
    async fn authorise(
        &self,
        key: Uuid,
        amount: Money,
        method: &str,
    ) -> Result<Authorisation, GatewayError> {
        self.answer(self.sandbox.authorise(key, amount, method).await)
    }

    async fn capture(&self, key: Uuid) -> Result<(), GatewayError> {
        self.answer(self.sandbox.capture(key).await)
    }

    async fn void(&self, key: Uuid) -> Result<(), GatewayError> {
        self.answer(self.sandbox.void(key).await)
    }

    async fn refund(&self, key: Uuid, refund_id: Uuid, amount: Money) -> Result<(), GatewayError> {
        self.answer(self.sandbox.refund(key, refund_id, amount).await)
    }
}
