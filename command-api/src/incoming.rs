use access::{Caller, Role, caller};
use actix_web::HttpRequest;
use actix_web::web::{Bytes, Payload};
use aggregates::Context;
use problem::Problem;

use crate::{Commands, body, idempotency};

/// A request that asks for something to happen: who asks, with which body, under which key.
pub(crate) struct Incoming {
    pub(crate) caller: Caller,
    pub(crate) bytes: Bytes,
    pub(crate) context: Context,
}

impl Incoming {
    /// Checks the caller's role, reads the body, and makes the command's context of its key.
    ///
    /// # Errors
    /// 401, 403; what [`body::read`] refuses; what [`idempotency::context`] refuses.
    pub(crate) async fn read(
        request: &HttpRequest,
        payload: Payload,
        commands: &Commands,
        roles: &[Role],
        limit: usize,
    ) -> Result<Self, Problem> {
        let caller = caller(request, roles)?;
        let bytes = body::read(request, payload, limit).await?;
        let context = idempotency::context(commands, request, &caller, &bytes)?;
        Ok(Self { caller, bytes, context })
    }
}
