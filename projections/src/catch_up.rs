use read_models::Projection;

use crate::environment::{Environment, filter};
use crate::idle::Patience;
use crate::target::{Fault, Target};

/// Events read at a time: some megabytes, and a transaction of well under a second.
pub(crate) const STRETCH: usize = 2_000;

/// Brings a generation exactly to a position of the log, which must not lie beyond its head. What
/// can be tried again is, until it goes well or the system goes down.
pub(crate) async fn catch_up(
    environment: &Environment,
    projection: Projection,
    generation: i32,
    target: &mut dyn Target,
    to: u64,
    report: &(dyn Fn(u64) + Sync),
) -> Result<(), Fault> {
    let mut patience = Patience::new(projection, generation);
    let mut recovered = true;
    while !recovered || target.position() < to {
        if environment.shutdown.is_cancelled() {
            return Err(Fault::ShuttingDown);
        }
        let done = if recovered {
            step(environment, projection, target, to).await
        } else {
            target.recover().await.map(|_| recovered = true)
        };
        match done {
            Ok(()) => patience.reward(),
            Err(Fault::Unavailable(trouble)) => {
                recovered = false;
                patience.wait(trouble, &environment.shutdown).await?;
            }
            Err(fault) => return Err(fault),
        }
        report(target.position());
    }
    Ok(())
}

async fn step(
    environment: &Environment,
    projection: Projection,
    target: &mut dyn Target,
    to: u64,
) -> Result<(), Fault> {
    let page = environment.store.read_all(target.position(), &filter(projection), STRETCH).await?;
    let progress = page.scanned_to.min(to);
    let mut events = page.events;
    events.retain(|event| event.position <= progress);
    target.take(events, progress).await
}
