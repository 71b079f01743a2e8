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

use actix_web::web::{ServiceConfig, get};

/// The routes of this API. They need the `Data` of a [`Queries`] and of `access::Tokens`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/flights", get().to(search::search))
        .route("/v1/offerings/{id}", get().to(offering::offering))
        .route("/v1/offerings/{id}/seat-map", get().to(seat_map::seat_map))
        .route("/v1/bookings", get().to(bookings::list))
        .route("/v1/bookings/{id}", get().to(bookings::show));
}
