//! Answering queries over HTTP.

use std::process::ExitCode;
use std::sync::Arc;

use actix_web::web::Data;
use async_trait::async_trait;
use key_store::KeyStore;
use problem::Problem;
use query_api::Queries;
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::command_api::open_keys;
use super::health::Check;
use super::http::Door;
use super::program::{self, Host, Options, Program, Running};
use crate::data_folder::DataFolder;

/// Answers queries over HTTP, as a process of its own. As many may run as are wanted. Of the event
/// store it needs to know which log it is, at its start; it goes on answering without it.
#[derive(clap::Parser)]
#[command(name = "query-api", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

const PROGRAM: Program = Program { name: "query-api", port: 8082, alone: false };

/// The program `query-api`.
pub fn main() -> ExitCode {
    program::main(&PROGRAM, |cli: Cli| {
        (cli.options, async move |host: Host| {
            let pool = host.connect_to_postgres().await?;
            let keys = open_keys(&host.data)?;
            let queries = open(&pool, &host.data, &keys, host.store.log_id()).await?;
            Ok(Running::new(vec![door(&queries)], vec![Arc::new(ReadModelsAnswer(queries))]))
        })
    })
}

/// What queries are answered from: read models of that log.
pub(crate) async fn open(
    pool: &PgPool,
    data: &DataFolder,
    keys: &Arc<KeyStore>,
    log_id: Uuid,
) -> anyhow::Result<Data<Queries>> {
    let keys = Some(keys.clone());
    Ok(Data::new(Queries::open(pool.clone(), data.indexes(), keys, log_id).await?))
}

/// The routes that answer queries.
pub(crate) fn door(queries: &Data<Queries>) -> Door {
    let queries = queries.clone();
    Door::new(query_api::ROUTES, move |config| {
        config.app_data(queries.clone()).configure(query_api::routes);
    })
}

/// Every read model of this log has a generation that answers; says up to where all of them do.
struct ReadModelsAnswer(Data<Queries>);

#[async_trait]
impl Check for ReadModelsAnswer {
    async fn check(&self) -> Result<Map<String, Value>, Problem> {
        let position = self.0.position().await?;
        Ok(Map::from_iter([("position".to_owned(), json!(position))]))
    }
}
