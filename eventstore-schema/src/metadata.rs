use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::EventHash;

/// The envelope: who, when, why, and what came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The conversation this belongs to: one request from outside and all that followed from it.
    pub correlation_id: Uuid,
    /// What caused it directly: a request, or the id of an event.
    pub causation_id: Uuid,
    /// The command that made it happen. The same command sent again is recognised by it.
    pub command_id: Uuid,
    /// On whose authority.
    pub actor: Actor,
    /// The version of this envelope.
    pub envelope_version: u16,
    /// When it was written, by the writer's clock.
    pub recorded_at: DateTime<Utc>,
    /// The hash of the stream's previous event; absent on its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<EventHash>,
    /// A keyed digest of the request, to tell a repeat from another request under the same key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_fingerprint: Option<String>,
}

impl Metadata {
    /// The envelope this binary writes.
    pub const VERSION: u16 = 1;

    /// Its stored form.
    pub fn encode(&self) -> Vec<u8> {
        // A struct of strings, ids and numbers always has a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a stored envelope.
    ///
    /// # Errors
    /// When it is not the JSON this version promises, or of an unknown version.
    pub fn decode(bytes: &[u8]) -> Result<Self, crate::DecodeError> {
        let metadata: Self = serde_json::from_slice(bytes).map_err(|source| {
            crate::DecodeError::Malformed { event_type: "metadata".into(), source }
        })?;
        if metadata.envelope_version != Self::VERSION {
            return Err(crate::DecodeError::Invalid {
                event_type: "metadata".into(),
                reason: format!("unknown envelope version {}", metadata.envelope_version),
            });
        }
        Ok(metadata)
    }
}

/// On whose authority something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The role they acted in, for example `customer`, or `process` for our own processes.
    pub role: String,
    /// Who: the subject of their token, or the name of the process. Opaque, not a name.
    pub subject: String,
}
