use aggregates::{Context, ExecuteError, LoadError, derive_id};
use domain::Instant;
use eventstore_schema::Actor;
use uuid::Uuid;

use crate::gateway::GatewayError;
use crate::open_items::Cause;

/// Why a reaction did not come to its end this time. It is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// Something it needs does not answer now.
    #[error("{0}")]
    NotNow(String),
    /// A rule refuses what this process is certain of: a defect, for a person to look at.
    #[error("unexpected refusal: {0}")]
    Unexpected(String),
}

impl From<LoadError> for StepError {
    fn from(error: LoadError) -> Self {
        Self::NotNow(error.to_string())
    }
}

impl From<GatewayError> for StepError {
    fn from(error: GatewayError) -> Self {
        Self::NotNow(error.to_string())
    }
}

impl<R: std::fmt::Debug> From<ExecuteError<R>> for StepError {
    fn from(error: ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Rejected(_) | ExecuteError::AnotherRequest => {
                Self::Unexpected(error.to_string())
            }
            ExecuteError::Busy | ExecuteError::OutcomeUnknown(_) | ExecuteError::Load(_) => {
                Self::NotNow(error.to_string())
            }
        }
    }
}

/// The context of one step of a process: the same step of the same process has the same command
/// id, however often it is tried.
pub(crate) fn context(process: &str, id: Uuid, step: &str, cause: Cause, at: Instant) -> Context {
    Context {
        command_id: derive_id(id, &format!("{process} {step}")),
        correlation_id: cause.correlation_id,
        causation_id: cause.event_id,
        actor: Actor { role: "process".into(), subject: process.into() },
        request_fingerprint: None,
        at,
    }
}
