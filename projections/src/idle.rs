use std::time::Duration;

use read_models::Projection;
use tokio_util::sync::CancellationToken;

use crate::target::Fault;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits longer and longer between tries, without end, and says so once a change.
pub(crate) struct Patience {
    projection: Projection,
    generation: i32,
    next: Duration,
    said: Option<String>,
}

impl Patience {
    pub(crate) fn new(projection: Projection, generation: i32) -> Self {
        Self { projection, generation, next: SHORTEST, said: None }
    }

    /// Waits before the next try.
    pub(crate) async fn wait(
        &mut self,
        trouble: String,
        shutdown: &CancellationToken,
    ) -> Result<(), Fault> {
        if self.said.as_ref() != Some(&trouble) {
            tracing::warn!(
                projection = %self.projection,
                generation = self.generation,
                trouble,
                "a projection waits"
            );
            self.said = Some(trouble);
        }
        let pause = self.next;
        self.next = self.next.saturating_mul(2).min(LONGEST);
        tokio::select! {
            () = shutdown.cancelled() => Err(Fault::ShuttingDown),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    /// A try went well.
    pub(crate) fn reward(&mut self) {
        if self.said.take().is_some() {
            tracing::info!(
                projection = %self.projection,
                generation = self.generation,
                "a projection goes on"
            );
        }
        self.next = SHORTEST;
    }
}
