use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use serde::Serialize;

use crate::Queries;

/// An answer with its position, and the log that this position is of.
#[derive(Serialize)]
struct Answer<T> {
    #[serde(flatten)]
    body: T,
    position: u64,
}

pub(crate) fn answer(queries: &Queries, position: u64, body: impl Serialize) -> HttpResponse {
    head(queries, StatusCode::OK).json(Answer { body, position })
}

/// An answer that a client may keep, and ask whether it still holds.
pub(crate) fn versioned(
    queries: &Queries,
    position: u64,
    etag: &str,
    body: impl Serialize,
) -> HttpResponse {
    let mut response = head(queries, StatusCode::OK);
    response.insert_header((ETAG, etag)).json(Answer { body, position })
}

/// What the client has still holds.
pub(crate) fn not_modified(queries: &Queries, etag: &str) -> HttpResponse {
    head(queries, StatusCode::NOT_MODIFIED).insert_header((ETAG, etag)).finish()
}

fn head(queries: &Queries, status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header(("Holdfast-Log", queries.log_id.to_string()))
        .insert_header(("Vary", "Authorization"))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    response
}
