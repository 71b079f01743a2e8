//! Building a generation beside the live one, comparing the two, and switching.

use std::sync::Arc;

use read_models::Projection;
use tokio::sync::OwnedMutexGuard;

use crate::catch_up::catch_up;
use crate::compare::Snapshot;
use crate::error::ProjectionsError;
use crate::follower::Follower;
use crate::generations;
use crate::projections::{Course, Projections, has_failed, lock};
use crate::status::{LastOutcome, RebuildOutcome, RebuildPhase, RebuildStatus, VerifyOutcome};
use crate::target::{Fault, Target};

/// Fewer positions than this are caught up while the live generation waits.
const CLOSE: u64 = 500;
/// After so many rounds of catching up with a log that never rests, the live one waits longer.
const ROUNDS: usize = 20;

/// A generation that is being built.
struct Shadow {
    number: i32,
    target: Box<dyn Target>,
}

impl Projections {
    /// Builds a generation from the log, beside the live one; it takes over when it is the same,
    /// or when differences are accepted. Queries go on answering throughout.
    ///
    /// # Errors
    /// See [`ProjectionsError`]; then the live generation is still live.
    pub async fn rebuild(
        self: &Arc<Self>,
        name: &str,
        accept_differences: bool,
    ) -> Result<RebuildOutcome, ProjectionsError> {
        let projection: Projection = name.parse()?;
        let turn = self.turn(projection)?;
        self.in_own_task(turn, async move |all| {
            all.rebuild_now(projection, accept_differences).await
        })
        .await
    }

    /// Builds a generation from the log, compares the live one with it, and drops it.
    ///
    /// # Errors
    /// See [`ProjectionsError`].
    pub async fn verify(self: &Arc<Self>, name: &str) -> Result<VerifyOutcome, ProjectionsError> {
        let projection: Projection = name.parse()?;
        let turn = self.turn(projection)?;
        self.in_own_task(turn, async move |all| all.verify_now(projection).await).await
    }

    /// Starts a rebuild and does not wait for it.
    ///
    /// # Errors
    /// When there is no such projection, or it is busy.
    pub fn begin_rebuild(
        self: &Arc<Self>,
        projection: Projection,
        accept_differences: bool,
    ) -> Result<(), ProjectionsError> {
        let (turn, all) = (self.turn(projection)?, self.clone());
        self.environment.spawn(async move {
            // How it ended is kept, and logged, where it ended.
            let _ = all.rebuild_now(projection, accept_differences).await;
            drop(turn);
        });
        Ok(())
    }

    /// Starts a verification and does not wait for it.
    ///
    /// # Errors
    /// When there is no such projection, or it is busy.
    pub fn begin_verification(
        self: &Arc<Self>,
        projection: Projection,
    ) -> Result<(), ProjectionsError> {
        let (turn, all) = (self.turn(projection)?, self.clone());
        self.environment.spawn(async move {
            let _ = all.verify_now(projection).await;
            drop(turn);
        });
        Ok(())
    }

    fn turn(&self, projection: Projection) -> Result<OwnedMutexGuard<()>, ProjectionsError> {
        let work = self.work(projection)?;
        let turn = work.turn.clone().try_lock_owned();
        let turn = turn.map_err(|_| ProjectionsError::Busy(projection))?;
        // From now on whoever looks sees that it is under way, and not how the last one ended.
        let status = RebuildStatus {
            generation: 0,
            position: 0,
            target: self.environment.seen_head(),
            phase: RebuildPhase::Loading,
            differing_rows: None,
        };
        *lock(&work.course) = Course { status: Some(status), last: None };
        Ok(turn)
    }

    /// A caller that goes away must not leave half of it: transactions above all.
    async fn in_own_task<T: Send + 'static, F, W>(
        self: &Arc<Self>,
        turn: OwnedMutexGuard<()>,
        work: W,
    ) -> Result<T, ProjectionsError>
    where
        F: Future<Output = Result<T, ProjectionsError>> + Send,
        W: FnOnce(Arc<Self>) -> F + Send + 'static,
    {
        let all = self.clone();
        let task = self.environment.spawn(async move {
            let done = work(all).await;
            drop(turn);
            done
        });
        task.await.map_err(|error| ProjectionsError::Stopped(error.to_string()))?
    }

    async fn rebuild_now(
        self: &Arc<Self>,
        projection: Projection,
        accept_differences: bool,
    ) -> Result<RebuildOutcome, ProjectionsError> {
        let done = self.build_and_switch(projection, accept_differences).await;
        self.ended(projection, done.as_ref().map(|done| LastOutcome::Rebuild(done.clone())));
        done
    }

    async fn verify_now(&self, projection: Projection) -> Result<VerifyOutcome, ProjectionsError> {
        let done = self.build_and_compare(projection).await;
        self.ended(projection, done.as_ref().map(|done| LastOutcome::Verification(done.clone())));
        done
    }

    fn ended(&self, projection: Projection, done: Result<LastOutcome, &ProjectionsError>) {
        let outcome = done.unwrap_or_else(|error| {
            let detail = error.to_string();
            tracing::warn!(%projection, detail, "a rebuild or verification came to nothing");
            LastOutcome::Error { detail }
        });
        if let Ok(work) = self.work(projection) {
            *lock(&work.course) = Course { status: None, last: Some(outcome) };
        }
    }

    async fn build_and_compare(
        &self,
        projection: Projection,
    ) -> Result<VerifyOutcome, ProjectionsError> {
        let mut shadow = self.create(projection).await?;
        let compared = match self.load(projection, &mut shadow).await {
            Ok(()) => self.compare(projection, &mut shadow).await,
            Err(error) => Err(error),
        };
        self.discard(projection, shadow).await;
        compared
    }

    async fn build_and_switch(
        &self,
        projection: Projection,
        accept_differences: bool,
    ) -> Result<RebuildOutcome, ProjectionsError> {
        let mut shadow = self.create(projection).await?;
        let generation = shadow.number;
        let comparison = match self.load_and_compare(projection, &mut shadow).await {
            Ok(comparison) => comparison,
            Err(error) => {
                self.discard(projection, shadow).await;
                return Err(error);
            }
        };
        let same = comparison.as_ref().is_some_and(|compared| compared.differing_rows == 0);
        let switched = same || accept_differences;
        if switched {
            self.switch(projection, shadow).await?;
            if let Err(error) = generations::prune(&self.environment, projection).await {
                tracing::warn!(%projection, %error, "older generations are pruned another time");
            }
        } else {
            self.discard(projection, shadow).await;
        }
        Ok(RebuildOutcome { generation, switched, comparison })
    }

    async fn create(&self, projection: Projection) -> Result<Shadow, ProjectionsError> {
        let environment = &self.environment;
        let number = generations::create(environment, projection).await?;
        Ok(Shadow { number, target: environment.target(projection, number) })
    }

    /// Keeps no one from their answer: what is left over is dropped at the next start.
    async fn discard(&self, projection: Projection, shadow: Shadow) {
        let number = shadow.number;
        drop(shadow);
        if let Err(error) = generations::drop(&self.environment, projection, number).await {
            tracing::warn!(%projection, generation = number, %error, "not dropped");
        }
    }

    fn report(
        &self,
        projection: Projection,
        generation: i32,
        position: u64,
        phase: RebuildPhase,
        differing_rows: Option<u64>,
    ) {
        if let Ok(work) = self.work(projection) {
            let target = self.environment.seen_head();
            lock(&work.course).status =
                Some(RebuildStatus { generation, position, target, phase, differing_rows });
        }
    }

    async fn load(
        &self,
        projection: Projection,
        shadow: &mut Shadow,
    ) -> Result<(), ProjectionsError> {
        shadow.target.recover().await?;
        self.follow(projection, shadow, RebuildPhase::Loading).await
    }

    /// Reads the log until its end is close.
    async fn follow(
        &self,
        projection: Projection,
        shadow: &mut Shadow,
        phase: RebuildPhase,
    ) -> Result<(), ProjectionsError> {
        let number = shadow.number;
        for _ in 0..ROUNDS {
            let head = self.head().await?;
            self.advance(projection, number, &mut *shadow.target, head, phase).await?;
            if self.head().await?.saturating_sub(head) < CLOSE {
                break;
            }
        }
        // Before the live one waits: a large index commit takes its time.
        shadow.target.publish().await?;
        Ok(())
    }

    async fn head(&self) -> Result<u64, ProjectionsError> {
        Ok(self.environment.head().await.map_err(Fault::from)?)
    }

    async fn advance(
        &self,
        projection: Projection,
        number: i32,
        target: &mut dyn Target,
        to: u64,
        phase: RebuildPhase,
    ) -> Result<(), ProjectionsError> {
        let report = |position: u64| self.report(projection, number, position, phase, None);
        report(target.position());
        catch_up(&self.environment, projection, number, target, to, &report).await?;
        Ok(())
    }

    async fn load_and_compare(
        &self,
        projection: Projection,
        shadow: &mut Shadow,
    ) -> Result<Option<VerifyOutcome>, ProjectionsError> {
        self.load(projection, shadow).await?;
        let live = self.follower(projection)?.generation;
        if has_failed(&self.environment.pool, projection, live).await? {
            return Ok(None);
        }
        self.compare(projection, shadow).await.map(Some)
    }

    /// Compares the live generation and the shadow at one position. The live one waits only until
    /// both stand there and a snapshot is taken.
    async fn compare(
        &self,
        projection: Projection,
        shadow: &mut Shadow,
    ) -> Result<VerifyOutcome, ProjectionsError> {
        let follower = self.follower(projection)?;
        let phase = RebuildPhase::Comparing;
        let (position, snapshot) = {
            let mut live = follower.target.lock().await;
            let position = live.position().max(shadow.target.position());
            self.advance(projection, follower.generation, &mut **live, position, phase).await?;
            live.publish().await?;
            self.advance(projection, shadow.number, &mut *shadow.target, position, phase).await?;
            shadow.target.publish().await?;
            let environment = &self.environment;
            let (live, shadow) = (follower.generation, shadow.number);
            (position, Snapshot::open(environment, projection, live, shadow).await?)
        };
        let outcome = snapshot.compare(position).await?;
        self.report(projection, shadow.number, position, phase, Some(outcome.differing_rows));
        Ok(outcome)
    }

    /// Makes the shadow live. It has read at least as far as the live one had answered for, so no
    /// one who waited for a position has to wait for it again.
    async fn switch(
        &self,
        projection: Projection,
        mut shadow: Shadow,
    ) -> Result<(), ProjectionsError> {
        let phase = RebuildPhase::Switching;
        self.follow(projection, &mut shadow, phase).await?;
        let follower = self.follower(projection)?;
        let live = follower.target.lock().await;
        let to = live.position();
        self.advance(projection, shadow.number, &mut *shadow.target, to, phase).await?;
        shadow.target.publish().await?;
        generations::switch_for_sure(&self.environment.pool, projection, shadow.number).await?;
        let environment = self.environment.clone();
        let Shadow { number, target } = shadow;
        self.replace(projection, Follower::start(environment, projection, number, target));
        Ok(())
    }
}
