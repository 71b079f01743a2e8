use access::Role;
use actix_web::web::{self, ServiceConfig};

use crate::events;

/// A route, and who may call it.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, as a pattern.
    pub path: &'static str,
    /// The roles that may call it.
    pub roles: &'static [Role],
}

pub(crate) const READERS: &[Role] = &[Role::Auditor, Role::Operator];

/// Every route of this API.
pub const ROUTES: &[Route] = &[
    Route { method: "GET", path: "/v1/audit/streams/{stream}/events", roles: READERS },
    Route { method: "GET", path: "/v1/audit/events", roles: READERS },
];

/// Adds every route of this API to a server whose app data holds [`crate::Audit`] and the tokens.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/audit/streams/{stream}/events", web::get().to(events::of_stream))
        .route("/v1/audit/events", web::get().to(events::of_log));
}
