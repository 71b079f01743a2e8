use access::Role;
use actix_web::web::{self, ServiceConfig};

use crate::{bookings, flights, holds};

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

const fn route(method: &'static str, path: &'static str, roles: &'static [Role]) -> Route {
    Route { method, path, roles }
}

pub(crate) const BUYERS: &[Role] = &[Role::Customer, Role::TravelAgent];
pub(crate) const SELLERS: &[Role] = &[Role::Seller];

/// Every route of this API.
pub const ROUTES: &[Route] = &[
    route("POST", "/v1/holds", BUYERS),
    route("GET", "/v1/holds/{hold_id}", BUYERS),
    route("DELETE", "/v1/holds/{hold_id}", BUYERS),
    route("POST", "/v1/holds/{hold_id}/renewal", BUYERS),
    route("POST", "/v1/bookings", BUYERS),
    route("POST", "/v1/bookings/{booking_id}/payment", BUYERS),
    route("POST", "/v1/bookings/{booking_id}/cancellation-quote", BUYERS),
    route("POST", "/v1/bookings/{booking_id}/cancellation", BUYERS),
    route("POST", "/v1/flights", SELLERS),
    route("POST", "/v1/flights/batch", SELLERS),
];

/// Adds every route of this API to a server whose app data holds [`crate::Commands`] and the
/// tokens.
pub fn routes(config: &mut ServiceConfig) {
    // One route a method, not one resource a path: the query API answers GET on some of the same
    // paths.
    config
        .route("/v1/holds", web::post().to(holds::place))
        .route("/v1/holds/{hold_id}", web::get().to(holds::show))
        .route("/v1/holds/{hold_id}", web::delete().to(holds::release))
        .route("/v1/holds/{hold_id}/renewal", web::post().to(holds::renew))
        .route("/v1/bookings", web::post().to(bookings::begin))
        .route("/v1/bookings/{booking_id}/payment", web::post().to(bookings::pay))
        .route(
            "/v1/bookings/{booking_id}/cancellation-quote",
            web::post().to(bookings::quote_cancellation),
        )
        .route("/v1/bookings/{booking_id}/cancellation", web::post().to(bookings::cancel))
        .route("/v1/flights", web::post().to(flights::schedule))
        .route("/v1/flights/batch", web::post().to(flights::schedule_batch));
}
