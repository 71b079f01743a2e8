use std::time::Duration;

use problem::Problem;

/// A query that takes longer than this is not answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for the database, not for ever. Never for a transaction's beginning: a cancelled one
/// could leave its connection in it.
pub(crate) async fn database<T>(
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, query).await {
        Ok(done) => done.map_err(|error| failed(&error)),
        Err(_) => Err(Problem::unavailable("the read models' database does not answer in time")),
    }
}

fn failed(error: &sqlx::Error) -> Problem {
    match error {
        sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::TypeNotFound { .. } => Problem::internal(error),
        _ => {
            tracing::warn!(%error, "the read models' database cannot be used");
            Problem::unavailable("the read models' database cannot be used")
        }
    }
}

/// Runs what blocks (index files, keys) where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Problem::internal(&error)),
    }
}
