use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use async_trait::async_trait;
use event_store::EventStore;
use problem::Problem;
use serde_json::{Map, Value, json};

/// What something is asked for readiness has answered within this time, or it is not ready.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);

/// Says whether one part of a process can do its work now.
#[async_trait]
pub(crate) trait Check: Send + Sync {
    /// What there is to tell, or why it cannot.
    async fn check(&self) -> Result<Map<String, Value>, Problem>;
}

/// What readiness is read from: every part must be ready. Where two tell the same thing, the later
/// one counts.
#[derive(Clone)]
pub(crate) struct Health(Vec<Arc<dyn Check>>);

impl Health {
    pub(crate) fn of(checks: Vec<Arc<dyn Check>>) -> Self {
        Self(checks)
    }
}

/// The process answers.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// It can do its work.
pub(crate) async fn ready(health: Data<Health>) -> Result<HttpResponse, Problem> {
    let mut answer = Map::from_iter([("status".to_owned(), json!("ready"))]);
    for check in &health.0 {
        let checked = tokio::time::timeout(ANSWERED_WITHIN, check.check()).await;
        answer.extend(
            checked
                .map_err(|_| Problem::unavailable("what it needs does not answer in time"))??,
        );
    }
    Ok(HttpResponse::Ok().json(answer))
}

/// The event store answers; says where its log ends.
pub(crate) struct StoreAnswers(pub(crate) Arc<dyn EventStore>);

#[async_trait]
impl Check for StoreAnswers {
    async fn check(&self) -> Result<Map<String, Value>, Problem> {
        let head = self.0.head().await;
        let head = head.map_err(|error| Problem::unavailable(error.to_string()))?;
        Ok(Map::from_iter([("position".to_owned(), json!(head))]))
    }
}
