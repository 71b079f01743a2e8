use domain::Instant;
use eventstore_schema::{Actor, EventHash, Metadata};
use uuid::Uuid;

/// Everything about a command that is not the command: what ends up in the envelope.
#[derive(Debug, Clone)]
pub struct Context {
    /// The same command sent again carries the same id.
    pub command_id: Uuid,
    /// The conversation it belongs to.
    pub correlation_id: Uuid,
    /// What caused it directly.
    pub causation_id: Uuid,
    /// On whose authority.
    pub actor: Actor,
    /// A keyed digest of the request, when it came from outside under an idempotency key.
    pub request_fingerprint: Option<String>,
    /// Now.
    pub at: Instant,
}

impl Context {
    /// The context of a further command of the same request or reaction.
    pub fn derive(&self, what: &str) -> Self {
        Self {
            command_id: derive_id(self.command_id, what),
            request_fingerprint: None,
            ..self.clone()
        }
    }

    pub(crate) fn metadata(&self, prev: Option<EventHash>) -> Metadata {
        Metadata {
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            command_id: self.command_id,
            actor: self.actor.clone(),
            envelope_version: Metadata::VERSION,
            recorded_at: self.at,
            prev,
            request_fingerprint: self.request_fingerprint.clone(),
        }
    }
}

/// An id that follows from another id and a name: the same again on every retry.
pub fn derive_id(from: Uuid, what: &str) -> Uuid {
    Uuid::new_v5(&from, what.as_bytes())
}
