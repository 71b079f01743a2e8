use std::sync::Arc;

use access::{Role, Route, caller};
use actix_web::web::{Bytes, Data, Path, ServiceConfig, get, post};
use actix_web::{HttpRequest, HttpResponse};
use problem::Problem;
use read_models::Projection;
use serde::Deserialize;

use crate::{Projections, ProjectionsError};

const READERS: &[Role] = &[Role::Operator, Role::Auditor];
const OPERATORS: &[Role] = &[Role::Operator];

/// The operators' routes, and who may call them.
pub const ROUTES: &[Route] = &[
    Route::new("GET", "/v1/projections", READERS),
    Route::new("GET", "/v1/projections/{name}", READERS),
    Route::new("POST", "/v1/projections/{name}/rebuild", OPERATORS),
    Route::new("POST", "/v1/projections/{name}/verification", OPERATORS),
];

/// The operators' routes. They need the `Data` of a [`Projections`].
pub fn operator_routes(config: &mut ServiceConfig) {
    config
        .route("/v1/projections", get().to(list))
        .route("/v1/projections/{name}", get().to(show))
        .route("/v1/projections/{name}/rebuild", post().to(rebuild))
        .route("/v1/projections/{name}/verification", post().to(verify));
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RebuildBody {
    #[serde(default)]
    accept_differences: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoBody {}

async fn list(
    request: HttpRequest,
    projections: Data<Projections>,
) -> Result<HttpResponse, Problem> {
    caller(&request, READERS)?;
    let items = projections.list().await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(serde_json::json!({ "items": items })))
}

async fn show(
    request: HttpRequest,
    name: Path<String>,
    projections: Data<Projections>,
) -> Result<HttpResponse, Problem> {
    caller(&request, READERS)?;
    let status = projections.status(named(&name)?).await.map_err(problem)?;
    Ok(HttpResponse::Ok().json(status))
}

async fn rebuild(
    request: HttpRequest,
    name: Path<String>,
    body: Bytes,
    projections: Data<Projections>,
) -> Result<HttpResponse, Problem> {
    let (projection, all, body) = order::<RebuildBody>(&request, &name, &body, projections)?;
    all.begin_rebuild(projection, body.accept_differences).map_err(problem)?;
    accepted(&all, projection).await
}

async fn verify(
    request: HttpRequest,
    name: Path<String>,
    body: Bytes,
    projections: Data<Projections>,
) -> Result<HttpResponse, Problem> {
    let (projection, all, NoBody {}) = order(&request, &name, &body, projections)?;
    all.begin_verification(projection).map_err(problem)?;
    accepted(&all, projection).await
}

/// An operator's order. Its key is not remembered: the same order again while it is carried out
/// is refused as busy, and afterwards does no harm.
fn order<B: Default + serde::de::DeserializeOwned>(
    request: &HttpRequest,
    name: &str,
    body: &[u8],
    projections: Data<Projections>,
) -> Result<(Projection, Arc<Projections>, B), Problem> {
    caller(request, OPERATORS)?;
    let projection = named(name)?;
    let key = request.headers().get("Idempotency-Key").filter(|key| !key.is_empty());
    if key.is_none() {
        return Err(Problem::new(400, "idempotency_key_missing", "Idempotency-Key missing")
            .detail("send a header `Idempotency-Key` with a value of your own")
            .field("Idempotency-Key"));
    }
    let body = if body.is_empty() { B::default() } else { problem::body(body)? };
    Ok((projection, projections.into_inner(), body))
}

async fn accepted(
    projections: &Projections,
    projection: Projection,
) -> Result<HttpResponse, Problem> {
    let status = projections.status(projection).await.map_err(problem)?;
    Ok(HttpResponse::Accepted()
        .insert_header(("Location", format!("/v1/projections/{projection}")))
        .json(status))
}

fn named(name: &str) -> Result<Projection, Problem> {
    name.parse().map_err(|_| Problem::not_found("projection"))
}

fn problem(error: ProjectionsError) -> Problem {
    match error {
        ProjectionsError::Busy(_) => {
            Problem::new(409, "projection_busy", "Already under way").detail(error.to_string())
        }
        ProjectionsError::Unknown(_) => Problem::not_found("projection"),
        ProjectionsError::Database(_) => {
            Problem::unavailable("the read models' database cannot be used")
        }
        ProjectionsError::BeyondHead { .. }
        | ProjectionsError::Index(_)
        | ProjectionsError::Disk(_)
        | ProjectionsError::Stopped(_) => Problem::internal(&error),
    }
}
