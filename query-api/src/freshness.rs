use std::sync::Arc;
use std::time::Duration;

use problem::Problem;
use read_models::{Epoch, LiveGeneration, Projection};
use sqlx::PgPool;
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::failure::database;

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Which generations answer, and how far each has come. Read before any row, so that what is read
/// afterwards is never older than what the answer says.
pub(crate) struct Freshness {
    pool: PgPool,
    log_id: Uuid,
    last: Mutex<Option<(Instant, Arc<Epoch>)>>,
}

/// The read models that one answer is made from.
pub(crate) struct Standing {
    epoch: Arc<Epoch>,
    log_id: Uuid,
    /// The answer holds everything up to here.
    pub(crate) position: u64,
}

impl Freshness {
    pub(crate) fn new(pool: PgPool, log_id: Uuid) -> Self {
        Self { pool, log_id, last: Mutex::new(None) }
    }

    /// Waits until all of the projections have come as far as asked for.
    pub(crate) async fn wait(
        &self,
        projections: &[Projection],
        min_position: Option<u64>,
        patience: Duration,
    ) -> Result<Standing, Problem> {
        let wanted = min_position.unwrap_or(0);
        let deadline = Instant::now() + patience;
        loop {
            let standing = Standing::of(self.look().await?, self.log_id, projections)?;
            if standing.position >= wanted {
                return Ok(standing);
            }
            if Instant::now() >= deadline {
                return Err(Problem::new(503, "read_model_behind", "Not there yet")
                    .detail("the read model has not come as far as `min_position` in time")
                    .with("position", standing.position)
                    .retry_after(1));
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// One query serves all who began to wait before it began.
    async fn look(&self) -> Result<Arc<Epoch>, Problem> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((began, epoch)) = last.as_ref()
            && *began >= asked
        {
            return Ok(epoch.clone());
        }
        let began = Instant::now();
        let epoch = Arc::new(database(read_models::live(&self.pool)).await?);
        *last = Some((began, epoch.clone()));
        Ok(epoch)
    }
}

impl Standing {
    fn of(epoch: Arc<Epoch>, log_id: Uuid, projections: &[Projection]) -> Result<Self, Problem> {
        let mut standing = Self { epoch, log_id, position: u64::MAX };
        for projection in projections {
            let progress = standing.generation(*projection)?.progress;
            let progress = u64::try_from(progress).unwrap_or(0);
            standing.position = standing.position.min(progress);
        }
        Ok(standing)
    }

    pub(crate) fn epoch(&self) -> i64 {
        self.epoch.number
    }

    /// A generation of another log answers nothing: its positions mean something else.
    pub(crate) fn generation(&self, projection: Projection) -> Result<LiveGeneration, Problem> {
        self.epoch
            .live
            .get(&projection)
            .filter(|generation| generation.log_id == self.log_id)
            .copied()
            .ok_or_else(|| Problem::unavailable(format!("{projection} is being built")))
    }

    pub(crate) fn schema(&self, projection: Projection) -> Result<String, Problem> {
        Ok(projection.schema(self.generation(projection)?.number))
    }
}
