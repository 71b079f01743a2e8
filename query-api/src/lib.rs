//! Answers queries from the read models: rows and index documents to JSON. Owns the routes that
//! only read, waiting for a position, and paging. Refuses to see an event, and to decide anything:
//! what it answers may be old, and says how old it is.

mod answer;
mod bookings;
mod clock;
mod failure;
mod flights;
mod freshness;
mod offering;
mod parameters;
mod queries;
mod search;
mod seat_map;
mod seats;

pub use queries::{Queries, QueriesError};

use access::{Role, Route};
use actix_web::web::{ServiceConfig, get};

pub(crate) const EVERYONE: &[Role] = &Role::ALL;
pub(crate) const BUYERS: &[Role] = &[Role::Customer, Role::TravelAgent];
/// Buyers see their own bookings; those who run and audit the system see all, without what is
/// personal.
pub(crate) const BOOKING_READERS: &[Role] =
    &[Role::Customer, Role::TravelAgent, Role::Operator, Role::Auditor];

/// Every route of this API.
pub const ROUTES: &[Route] = &[
    Route::new("GET", "/v1/flights", EVERYONE),
    Route::new("GET", "/v1/offerings/{id}", EVERYONE),
    Route::new("GET", "/v1/offerings/{id}/seat-map", EVERYONE),
    Route::new("GET", "/v1/bookings", BUYERS),
    Route::new("GET", "/v1/bookings/{id}", BOOKING_READERS),
];

/// The routes of this API. They need the `Data` of a [`Queries`] and of `access::Tokens`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/flights", get().to(search::search))
        .route("/v1/offerings/{id}", get().to(offering::offering))
        .route("/v1/offerings/{id}/seat-map", get().to(seat_map::seat_map))
        .route("/v1/bookings", get().to(bookings::list))
        .route("/v1/bookings/{id}", get().to(bookings::show));
}
