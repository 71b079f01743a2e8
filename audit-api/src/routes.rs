use access::{Role, Route};
use actix_web::web::{self, ServiceConfig};

use crate::events;

pub(crate) const READERS: &[Role] = &[Role::Auditor, Role::Operator];

/// Every route of this API.
pub const ROUTES: &[Route] = &[
    Route::new("GET", "/v1/audit/streams/{stream}/events", READERS),
    Route::new("GET", "/v1/audit/events", READERS),
];

/// Adds every route of this API to a server whose app data holds [`crate::Audit`] and the tokens.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/audit/streams/{stream}/events", web::get().to(events::of_stream))
        .route("/v1/audit/events", web::get().to(events::of_log));
}
