use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::web::Data;
use event_store::embedded::EmbeddedStore;
use problem::Problem;
use projections::Projections;
use serde_json::json;
use tokio::sync::watch;

use super::System;

/// What readiness is read from.
pub(super) struct Health {
    store: Arc<EmbeddedStore>,
    stopped: watch::Receiver<Option<String>>,
    projections: Arc<Projections>,
    caught_up: Arc<AtomicBool>,
}

impl Health {
    pub(super) fn new(system: &System) -> Self {
        Self {
            store: system.store.clone(),
            stopped: system.store.stopped(),
            projections: system.projections.clone(),
            caught_up: system.caught_up.clone(),
        }
    }
}

/// The process answers.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// It can take commands and answer queries; says where each projection is.
pub(super) async fn ready(health: Data<Health>) -> Result<HttpResponse, Problem> {
    use event_store::EventStore as _;
    if let Some(reason) = &*health.stopped.borrow() {
        return Err(Problem::unavailable(format!("the event store has stopped: {reason}")));
    }
    let projections = health
        .projections
        .list()
        .await
        .map_err(|_| Problem::unavailable("the read models' database does not answer"))?;
    let head = *health.store.head().borrow();
    let failed = projections.iter().any(|projection| projection.state == "failed");
    if failed || !health.projections.is_ready().await {
        return Err(Problem::unavailable("a projection is not ready; see /v1/projections"));
    }
    if !health.caught_up.load(Ordering::SeqCst) {
        return Err(Problem::unavailable("the read models are still being filled"));
    }
    let projections: Vec<_> = projections
        .iter()
        .map(|one| json!({"name": one.name, "progress": one.progress, "lag": one.lag}))
        .collect();
    let answer = json!({"status": "ready", "position": head, "projections": projections});
    Ok(HttpResponse::Ok().json(answer))
}
