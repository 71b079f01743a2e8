//! Keeping the read models up, and the doors of operators and auditors.

use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::Data;
use async_trait::async_trait;
use event_store::EventStore;
use problem::Problem;
use projections::Projections;
use serde_json::{Map, Value, json};

use super::health::{Check, StoreAnswers};
use super::http::Door;
use super::program::{self, Host, Options, Program, Running};

/// Keeps the read models up with the log, as a process of its own, and opens the operators' and
/// the auditors' doors. One at a time runs on a data folder.
#[derive(clap::Parser)]
#[command(name = "projections", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

const PROGRAM: Program = Program { name: "projections", port: 8083, alone: true };

/// The program `projections`.
pub fn main() -> ExitCode {
    program::main(&PROGRAM, |cli: Cli| {
        (cli.options, async move |host: Host| {
            let pool = host.connect_to_postgres().await?;
            let (store, indexes) = (host.store.clone(), host.data.indexes());
            let projections =
                Projections::start(store.clone(), pool, indexes, host.shutdown.clone()).await?;
            let doors = vec![operators_door(&projections), auditors_door(&store)];
            let checks: Vec<Arc<dyn Check>> = vec![
                Arc::new(StoreAnswers(store)),
                Arc::new(ReadModelsFollow(projections.clone())),
            ];
            let running = Running::new(doors, checks);
            Ok(running.ending(async move { projections.stopped().await }))
        })
    })
}

/// Listing, rebuilding and verifying.
pub(crate) fn operators_door(projections: &Arc<Projections>) -> Door {
    let projections = Data::from(projections.clone());
    Door::new(projections::ROUTES, move |config| {
        config.app_data(projections.clone()).configure(projections::operator_routes);
    })
}

/// Events as stored.
pub(crate) fn auditors_door(store: &Arc<dyn EventStore>) -> Door {
    let audit = Data::new(audit_api::Audit::new(store.clone()));
    Door::new(audit_api::ROUTES, move |config| {
        config.app_data(audit.clone()).configure(audit_api::routes);
    })
}

/// Every projection has a live generation, and none has failed; says where each is.
pub(crate) struct ReadModelsFollow(pub(crate) Arc<Projections>);

#[async_trait]
impl Check for ReadModelsFollow {
    async fn check(&self) -> Result<Map<String, Value>, Problem> {
        let projections = self.0.list().await;
        let projections = projections
            .map_err(|_| Problem::unavailable("the read models' database does not answer"))?;
        let failed = projections.iter().any(|projection| projection.state == "failed");
        if failed || !self.0.is_ready().await {
            return Err(Problem::unavailable("a projection is not ready; see /v1/projections"));
        }
        let projections: Vec<_> = projections
            .iter()
            .map(|one| json!({"name": one.name, "progress": one.progress, "lag": one.lag}))
            .collect();
        Ok(Map::from_iter([("projections".to_owned(), json!(projections))]))
    }
}
