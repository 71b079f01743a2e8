//! The few addresses that answer without gRPC: what starts and watches servers asks them.

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tonic::Status;

use crate::features::COMPATIBLE_WITH;

/// Adds them. Whatever else is no gRPC call is not found.
pub(crate) fn routes(services: Router) -> Router {
    services
        .route("/health/live", get(|| async { StatusCode::NO_CONTENT }))
        .route("/info", get(info))
        .fallback(unknown)
}

async fn info() -> Json<serde_json::Value> {
    Json(serde_json::json!({
        "dbVersion": COMPATIBLE_WITH,
        "esVersion": COMPATIBLE_WITH,
        "state": "leader",
        "features": {},
    }))
}

async fn unknown(request: Request) -> Response {
    let is_grpc = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if is_grpc {
        Status::unimplemented("this service is not served here").into_http::<axum::body::Body>()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}
