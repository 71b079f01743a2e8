use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event_store::{EventStore, Filter, ReadError};
use read_models::Projection;
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::booking_details::BookingRows;
use crate::flight_search::IndexTarget;
use crate::postgres::PostgresTarget;
use crate::seat_map::SeatRows;
use crate::target::Target;

/// What every generation is built from and written to.
pub(crate) struct Environment {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) pool: PgPool,
    pub(crate) index_folder: PathBuf,
    pub(crate) shutdown: CancellationToken,
    /// Where tasks run: a web server's worker that starts one must not have to carry it.
    pub(crate) runtime: Handle,
    /// All of them, so that their end can be waited for.
    pub(crate) tasks: TaskTracker,
    pub(crate) seen_head: AtomicU64,
}

impl Environment {
    pub(crate) fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn_on(task, &self.runtime)
    }

    /// Where the log ends now.
    pub(crate) async fn head(&self) -> Result<u64, ReadError> {
        let head = self.store.head().await?;
        self.seen_head.fetch_max(head, Ordering::Relaxed);
        Ok(head)
    }

    /// Where the log ended when somebody last looked: for showing how far there is to go.
    pub(crate) fn seen_head(&self) -> u64 {
        self.seen_head.load(Ordering::Relaxed)
    }

    /// Where a generation is written.
    pub(crate) fn target(&self, projection: Projection, generation: i32) -> Box<dyn Target> {
        let pool = self.pool.clone();
        match projection {
            Projection::BookingDetails => {
                Box::new(PostgresTarget::<BookingRows>::new(pool, generation))
            }
            Projection::SeatMap => Box::new(PostgresTarget::<SeatRows>::new(pool, generation)),
            Projection::FlightSearch => {
                let folder = projection.folder(&self.index_folder, generation);
                Box::new(IndexTarget::new(pool, generation, folder, self.store.log_id()))
            }
        }
    }
}

/// The categories that a projection is made of.
pub(crate) fn filter(projection: Projection) -> Filter {
    let categories: &[&str] = match projection {
        Projection::BookingDetails => &["booking", "payment"],
        Projection::SeatMap => &["seat_inventory"],
        Projection::FlightSearch => &["flight"],
    };
    Filter::Categories(categories.iter().map(|name| (*name).to_owned()).collect())
}
