//! What follows from what happened: paid bookings are fulfilled, cancelled ones are undone, holds
//! and unpaid bookings expire. Each process remembers its outcomes in a stream of its own, and
//! every step may be done twice with the effect of once. The rules (`react`) are in `domain`; the
//! outside world (a payment gateway) is behind a port of its own.

mod booking_cancellation;
mod booking_fulfilment;
mod expiry;
pub mod gateway;
mod open_items;
mod runner;
mod step;

use std::path::Path;
use std::sync::Arc;

use aggregates::Aggregates;
use domain::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use gateway::PaymentGateway;

/// What every process works with.
#[derive(Clone)]
pub struct Tools {
    /// The write side.
    pub aggregates: Arc<Aggregates>,
    /// The outside world.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Now.
    pub clock: fn() -> Instant,
}

/// Starts all processes. Each keeps a checkpoint file in `folder`: everything before it is done.
/// A lost file only means reading the log from its start.
///
/// # Errors
/// When a checkpoint belongs to another log, or lies beyond the end of this one.
pub async fn start(
    tools: &Tools,
    folder: &Path,
    shutdown: &CancellationToken,
    tracker: &TaskTracker,
) -> Result<(), StartError> {
    let fulfilment = booking_fulfilment::BookingFulfilment { tools: tools.clone() };
    let cancellation = booking_cancellation::BookingCancellation { tools: tools.clone() };
    let expiry = expiry::Expiry { tools: tools.clone() };
    runner::start(tools, fulfilment, folder, shutdown, tracker).await?;
    runner::start(tools, cancellation, folder, shutdown, tracker).await?;
    runner::start(tools, expiry, folder, shutdown, tracker).await?;
    Ok(())
}

pub use runner::StartError;
