use std::sync::Arc;
use std::time::Duration;

use read_models::Projection;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::catch_up::STRETCH;
use crate::environment::{Environment, filter};
use crate::generations;
use crate::idle::Patience;
use crate::target::{Fault, Target};

/// A stretch that others still add to while it is read is published this often at least.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// A follower with nothing to do looks this often whether what it published still stands.
const CONFIRM_EVERY: Duration = Duration::from_secs(2);

/// The task that keeps one live generation up with the log.
pub(crate) struct Follower {
    pub(crate) generation: i32,
    /// Whoever holds this keeps the generation where it is.
    pub(crate) target: Arc<Mutex<Box<dyn Target>>>,
    stop: CancellationToken,
}

impl Follower {
    pub(crate) fn start(
        environment: Arc<Environment>,
        projection: Projection,
        generation: i32,
        target: Box<dyn Target>,
    ) -> Self {
        let target = Arc::new(Mutex::new(target));
        let stop = environment.shutdown.child_token();
        let follower = Self { generation, target: target.clone(), stop: stop.clone() };
        let owner = environment.clone();
        owner.spawn(async move {
            follow(&environment, projection, generation, &target, &stop).await;
        });
        follower
    }

    /// Ends the task after what it does now.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }
}

async fn follow(
    environment: &Environment,
    projection: Projection,
    generation: i32,
    target: &Mutex<Box<dyn Target>>,
    stop: &CancellationToken,
) {
    let mut patience = Patience::new(projection, generation);
    loop {
        let ended = attempt(environment, projection, target, stop, &mut patience).await;
        let trouble = match ended {
            Ok(()) | Err(Fault::ShuttingDown) => return,
            Err(Fault::Gone) => {
                tracing::info!(%projection, generation, "the generation is gone");
                return;
            }
            Err(Fault::Unavailable(trouble)) => trouble,
            Err(fault @ (Fault::Unreadable { .. } | Fault::Damaged { .. })) => {
                let detail = fault.to_string();
                tracing::error!(%projection, generation, detail, "a projection has stopped");
                match generations::fail(&environment.pool, projection, generation, &detail).await {
                    Ok(()) => return,
                    Err(error) => error.to_string(),
                }
            }
        };
        if patience.wait(trouble, stop).await.is_err() {
            return;
        }
    }
}

/// Follows the log until told to stop, or something is wrong.
async fn attempt(
    environment: &Environment,
    projection: Projection,
    target: &Mutex<Box<dyn Target>>,
    stop: &CancellationToken,
    patience: &mut Patience,
) -> Result<(), Fault> {
    let position = target.lock().await.recover().await?;
    let mut subscription = environment.store.subscribe(filter(projection), position);
    let mut published_at = Instant::now();
    let mut due: Option<Instant> = None;
    loop {
        let batch = tokio::select! {
            biased;
            () = stop.cancelled() => return target.lock().await.publish().await,
            () = tokio::time::sleep_until(due.unwrap_or(published_at)), if due.is_some() => None,
            batch = subscription.next(STRETCH) => Some(batch?),
            () = tokio::time::sleep(CONFIRM_EVERY) => None,
        };
        // A compared or switched generation is held still; a stopped one must not wait for that.
        let mut target = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            target = target.lock() => target,
        };
        let Some(batch) = batch else {
            target.publish().await?;
            target.confirm().await?;
            (published_at, due) = (Instant::now(), None);
            continue;
        };
        target.take(batch.events, batch.progress).await?;
        patience.reward();
        if target.published() >= target.position() {
            (published_at, due) = (Instant::now(), None);
            continue;
        }
        let pause = if batch.caught_up { target.pause() } else { BUSY_PAUSE };
        let at = published_at + pause;
        due = Some(due.map_or(at, |due| due.min(at)));
    }
}
