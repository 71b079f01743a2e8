use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, Runtime};
use tokio::task::AbortHandle;

use crate::connection_string::ConnectionString;

/// The shortest time between two connections in one place.
const PAUSE: Duration = Duration::from_millis(500);

/// One client of the `eventstore` crate on a runtime of its own. The crate's background tasks hold
/// each other alive (its connection task, and every batch stream), so that dropping a client frees
/// nothing; dropping the runtime under them does.
pub(crate) struct Link {
    client: eventstore::Client,
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Link {
    fn new(to: &ConnectionString) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("eventstoredb")
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let handle = runtime.handle().clone();
        let client = eventstore::Client::with_runtime_handle(handle.clone(), to.settings.clone())
            .map_err(|error| error.to_string())?;
        Ok(Self { client, handle, runtime: Some(runtime) })
    }

    pub(crate) fn client(&self) -> eventstore::Client {
        self.client.clone()
    }

    /// Starts work beside the client; it goes on when nobody waits for it.
    pub(crate) fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.handle.spawn(work)
    }

    /// Does work beside the client. It ends when nobody waits for it. `None`: it panicked, as the
    /// crate does on messages it does not know, or the link is gone.
    pub(crate) async fn run<F>(&self, work: F) -> Option<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let task = self.spawn(work);
        let _ends_it = AbortOnDrop(task.abort_handle());
        task.await.ok()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Ends a task when dropped.
pub(crate) struct AbortOnDrop(pub(crate) AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A place for a link, replaced when it is lost: a client of the crate that failed to connect once
/// answers `ConnectionClosed` for ever, and one whose node died stays with that node.
pub(crate) struct Slot {
    to: ConnectionString,
    current: Mutex<(Arc<Link>, Instant)>,
}

impl Slot {
    pub(crate) fn new(to: &ConnectionString) -> Result<Self, String> {
        let link = Arc::new(Link::new(to)?);
        Ok(Self { to: to.clone(), current: Mutex::new((link, Instant::now())) })
    }

    fn current(&self) -> MutexGuard<'_, (Arc<Link>, Instant)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn link(&self) -> Arc<Link> {
        self.current().0.clone()
    }

    /// Connects now, so that the first call does not wait for it.
    pub(crate) async fn warm_up(&self) -> Result<(), String> {
        let link = self.link();
        let client = link.client();
        match link.run(async move { client.server_info().await }).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("the client failed".to_owned()),
        }
    }

    /// Makes a new link unless somebody else has, or one was made just now.
    pub(crate) fn replace(&self, lost: &Arc<Link>) {
        let mut current = self.current();
        if !Arc::ptr_eq(&current.0, lost) || current.1.elapsed() < PAUSE {
            return;
        }
        match Link::new(&self.to) {
            Ok(link) => *current = (Arc::new(link), Instant::now()),
            Err(error) => tracing::warn!(%error, "no new connection to the event store"),
        }
    }

    /// Replaces the link if this error says that it will not do any more.
    pub(crate) fn heard(&self, link: &Arc<Link>, error: &eventstore::Error) {
        use eventstore::Error;
        let is_lost = match error {
            Error::ConnectionClosed | Error::GrpcConnectionError(_) => true,
            // In a cluster the crate never looks for another node by itself.
            Error::ServerError(_) => self.to.is_cluster(),
            _ => false,
        };
        if is_lost {
            self.replace(link);
        }
    }
}
