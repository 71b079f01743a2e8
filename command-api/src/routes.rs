use access::{Role, Route};
use actix_web::web::{self, ServiceConfig};

use crate::{bookings, flights, holds};

pub(crate) const BUYERS: &[Role] = &[Role::Customer, Role::TravelAgent];
pub(crate) const SELLERS: &[Role] = &[Role::Seller];

/// Every route of this API.
pub const ROUTES: &[Route] = &[
    Route::new("POST", "/v1/holds", BUYERS),
    Route::new("GET", "/v1/holds/{hold_id}", BUYERS),
    Route::new("DELETE", "/v1/holds/{hold_id}", BUYERS),
    Route::new("POST", "/v1/holds/{hold_id}/renewal", BUYERS),
    Route::new("POST", "/v1/bookings", BUYERS),
    Route::new("POST", "/v1/bookings/{booking_id}/payment", BUYERS),
    Route::new("POST", "/v1/bookings/{booking_id}/cancellation-quote", BUYERS),
    Route::new("POST", "/v1/bookings/{booking_id}/cancellation", BUYERS),
    Route::new("POST", "/v1/flights", SELLERS),
    Route::new("POST", "/v1/flights/batch", SELLERS),
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
