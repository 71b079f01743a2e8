use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event_store::EventStore;
use read_models::{GenerationState, Projection, generation, live, migrate};
use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::environment::Environment;
use crate::error::ProjectionsError;
use crate::follower::Follower;
use crate::generations;
use crate::status::{LastOutcome, ProjectionStatus, RebuildStatus};
use crate::target::{Fault, Target};

/// How often, and how far apart, what is there is tried to be opened at the start.
const RECOVERIES: u32 = 6;
const RECOVER_EVERY: Duration = Duration::from_millis(500);

/// All read models, kept up with one log.
pub struct Projections {
    pub(crate) environment: Arc<Environment>,
    followers: Mutex<BTreeMap<Projection, Arc<Follower>>>,
    work: BTreeMap<Projection, Work>,
}

/// The rebuild or verification of one projection, of which there is one at a time.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    pub(crate) course: Mutex<Course>,
}

/// What is under way, or else how the last one ended: read and changed together.
#[derive(Default, Clone)]
pub(crate) struct Course {
    pub(crate) status: Option<RebuildStatus>,
    pub(crate) last: Option<LastOutcome>,
}

impl Projections {
    /// Creates what is missing and starts to follow the log; goes on until `shutdown`.
    ///
    /// # Errors
    /// When the database or the index folder cannot be used, and
    /// [`ProjectionsError::BeyondHead`] when the log has lost events that were read from it: then
    /// nothing else may run on it either.
    pub async fn start(
        store: Arc<dyn EventStore>,
        pool: PgPool,
        index_folder: PathBuf,
        shutdown: CancellationToken,
    ) -> Result<Arc<Self>, ProjectionsError> {
        migrate(&pool).await?;
        let (runtime, tasks) = (Handle::current(), TaskTracker::new());
        let environment = Arc::new(Environment {
            store,
            pool,
            index_folder,
            shutdown,
            runtime,
            tasks,
            seen_head: AtomicU64::new(0),
        });
        let mut prepared = Vec::new();
        for projection in Projection::ALL {
            let (generation, target) = prepare(&environment, projection).await?;
            prepared.push((projection, generation, target));
        }
        // Nothing is written before every projection agrees with the log.
        let followers = prepared.into_iter().map(|(projection, generation, target)| {
            let environment = environment.clone();
            (projection, Arc::new(Follower::start(environment, projection, generation, target)))
        });
        Ok(Arc::new(Self {
            followers: Mutex::new(followers.collect()),
            work: Projection::ALL.map(|projection| (projection, Work::default())).into(),
            environment,
        }))
    }

    /// How each projection fares.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<ProjectionStatus>, ProjectionsError> {
        let mut all = Vec::new();
        for projection in Projection::ALL {
            all.push(self.status(projection).await?);
        }
        Ok(all)
    }

    /// How one projection fares.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn status(
        &self,
        projection: Projection,
    ) -> Result<ProjectionStatus, ProjectionsError> {
        let pool = &self.environment.pool;
        let number = self.follower(projection)?.generation;
        let row = generation(pool, projection, number)
            .await?
            .ok_or_else(|| ProjectionsError::Stopped(Fault::Gone.to_string()))?;
        let (checkpoint, progress) = (position(row.checkpoint), position(row.progress));
        // Read last, so that it is never behind what was read from it.
        let head = self.environment.head().await.map_err(Fault::from)?;
        let course = lock(&self.work(projection)?.course).clone();
        Ok(ProjectionStatus {
            name: projection.name(),
            generation: number,
            state: row.state.name(),
            detail: row.detail,
            checkpoint,
            progress,
            head,
            lag: head.saturating_sub(progress),
            rebuild: course.status,
            last_outcome: course.last,
        })
    }

    /// Whether every projection has a generation that answers queries.
    pub async fn is_ready(&self) -> bool {
        live(&self.environment.pool).await.is_ok_and(|epoch| {
            Projection::ALL.iter().all(|projection| epoch.live.contains_key(projection))
        })
    }

    /// Waits until [`Self::is_ready`], or the system goes down.
    pub async fn wait_until_ready(&self) {
        while !self.is_ready().await && !self.environment.shutdown.is_cancelled() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Waits until everything has ended that `shutdown` ends; until then rows and index are still
    /// written. The index is another's to write once this is dropped, too.
    pub async fn stopped(&self) {
        self.environment.shutdown.cancelled().await;
        self.environment.tasks.close();
        self.environment.tasks.wait().await;
    }

    pub(crate) fn follower(
        &self,
        projection: Projection,
    ) -> Result<Arc<Follower>, ProjectionsError> {
        lock(&self.followers).get(&projection).cloned().ok_or_else(|| unheard_of(projection))
    }

    /// Puts another generation in place of the live one, whose task ends.
    pub(crate) fn replace(&self, projection: Projection, follower: Follower) {
        let before = lock(&self.followers).insert(projection, Arc::new(follower));
        if let Some(before) = before {
            before.stop();
        }
    }

    pub(crate) fn work(&self, projection: Projection) -> Result<&Work, ProjectionsError> {
        self.work.get(&projection).ok_or_else(|| unheard_of(projection))
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unheard_of(projection: Projection) -> ProjectionsError {
    read_models::UnknownProjection(projection.name().to_owned()).into()
}

fn position(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// The live generation, opened: the one there is, or a new one when there is none, when it was
/// built from another log, or when its index cannot be opened.
async fn prepare(
    environment: &Environment,
    projection: Projection,
) -> Result<(i32, Box<dyn Target>), ProjectionsError> {
    generations::drop_unfinished(environment, projection).await?;
    let pool = &environment.pool;
    let found = live(pool).await?.live.get(&projection).copied();
    let ours = found.filter(|found| found.log_id == environment.store.log_id());
    if let Some(found) = ours {
        let mut target = environment.target(projection, found.number);
        let head = environment.head().await.map_err(Fault::from)?;
        let beyond = |checkpoint| ProjectionsError::BeyondHead {
            projection,
            generation: found.number,
            checkpoint,
            head,
        };
        // Before recovering too: an index that was lost as well must not hide it.
        let said = position(found.checkpoint.max(found.progress));
        if said > head {
            return Err(beyond(said));
        }
        match recover(&mut *target).await {
            Ok(recovered) if recovered > head => return Err(beyond(recovered)),
            Ok(_) => {
                generations::go_on(pool, projection, found.number).await?;
                return Ok((found.number, target));
            }
            Err(Fault::Unavailable(trouble)) if projection == Projection::FlightSearch => {
                tracing::warn!(%projection, generation = found.number, trouble, "built anew");
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    let number = generations::create(environment, projection).await?;
    let mut target = environment.target(projection, number);
    target.recover().await?;
    generations::switch(pool, projection, number).await?;
    Ok((number, target))
}

/// Recovers, with some patience: a database that is just starting is no reason to build an index
/// of a year's flights anew.
async fn recover(target: &mut dyn Target) -> Result<u64, Fault> {
    for _ in 1..RECOVERIES {
        match target.recover().await {
            Err(Fault::Unavailable(_)) => tokio::time::sleep(RECOVER_EVERY).await,
            definite => return definite,
        }
    }
    target.recover().await
}

/// Whether a generation met an event that it cannot read.
pub(crate) async fn has_failed(
    pool: &PgPool,
    projection: Projection,
    number: i32,
) -> Result<bool, sqlx::Error> {
    let row = generation(pool, projection, number).await?;
    Ok(row.is_some_and(|row| row.state == GenerationState::Failed))
}
