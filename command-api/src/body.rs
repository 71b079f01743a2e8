use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use problem::Problem;

/// The largest body of an ordinary request, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// The largest body of a batch, in bytes.
pub(crate) const MAX_BATCH_BODY: usize = 1024 * 1024;
/// A body must have arrived whole within this time.
const DEADLINE: Duration = Duration::from_secs(10);

/// Reads a JSON body as bytes: bounded in size and time.
///
/// # Errors
/// 413, 408, 415, or 400 when the connection breaks.
pub(crate) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let content_type = request.headers().get(CONTENT_TYPE);
    let is_json = content_type.is_none_or(|value| {
        value.to_str().is_ok_and(|value| {
            value.trim_start().to_ascii_lowercase().starts_with("application/json")
        })
    });
    if !is_json {
        return Err(Problem::new(415, "not_json", "Unsupported media type")
            .detail("send `Content-Type: application/json`")
            .field("Content-Type"));
    }
    let too_large = || {
        Problem::new(413, "body_too_large", "Body too large")
            .detail(format!("a body of this request has {limit} bytes at the most"))
            .field("(body)")
            .with("limit_bytes", limit)
    };
    let read = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                Problem::new(400, "broken_body", "Broken body").detail(error.to_string())
            })?;
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(DEADLINE, read).await.unwrap_or_else(|_| {
        Err(Problem::new(408, "body_too_slow", "Request timeout")
            .detail(format!("the body did not arrive within {} s", DEADLINE.as_secs())))
    })
}

/// Reads a body that may be left out: no bytes are the default.
///
/// # Errors
/// As [`problem::body`].
pub(crate) fn optional<T: serde::de::DeserializeOwned + Default>(
    bytes: &[u8],
) -> Result<T, Problem> {
    if bytes.is_empty() { Ok(T::default()) } else { problem::body(bytes) }
}
