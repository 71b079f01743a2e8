use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::places::Unplaced;
use super::queries::ReadConnection;
use super::rows::failed;
use super::shared_names::SharedNames;
use crate::ReadError;

/// A few read-only connections, used away from the async threads. More reads than connections
/// wait their turn.
pub(super) struct ReadPool {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<ReadConnection>>>,
    names: Arc<SharedNames>,
    unplaced: Option<Arc<Unplaced>>,
}

impl ReadPool {
    pub(super) fn new(path: PathBuf, first: ReadConnection, readers: usize) -> Self {
        Self {
            names: first.names(),
            unplaced: first.unplaced(),
            path,
            permits: Arc::new(Semaphore::new(readers.max(1))),
            idle: Arc::new(Mutex::new(vec![first])),
        }
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadConnection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let (path, idle) = (self.path.clone(), Arc::clone(&self.idle));
        let (names, unplaced) = (Arc::clone(&self.names), self.unplaced.clone());
        let reading = tokio::task::spawn_blocking(move || {
            // Held until the read is over, also when whoever asked for it has gone away.
            let _permit = permit;
            let ready = lock(&idle).pop();
            let connection = match ready {
                Some(connection) => connection,
                None => ReadConnection::open(&path, names, unplaced)
                    .map_err(|error| failed(&error, 0))?,
            };
            let result = read(&connection);
            lock(&idle).push(connection);
            result
        });
        reading.await.map_err(|error| ReadError::Unavailable(error.to_string()))?
    }
}

fn lock(idle: &Mutex<Vec<ReadConnection>>) -> std::sync::MutexGuard<'_, Vec<ReadConnection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
