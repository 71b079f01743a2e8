use std::sync::Arc;
use std::time::Duration;

use event_store::EventStore;
use eventstoredb::{ConnectError, EventStoreDb};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Connects to a server that speaks EventStoreDB's protocol. To be done before anything else in
/// the process touches TLS.
pub(crate) async fn connect(url: &str) -> Result<Arc<dyn EventStore>, ConnectError> {
    Ok(EventStoreDb::connect(url).await?)
}

/// Connects, however long it takes until the server is there; what waiting does not mend is an
/// error at once.
pub(crate) async fn connect_patiently(url: &str) -> Result<Arc<dyn EventStore>, ConnectError> {
    let mut pause = FIRST_PAUSE;
    loop {
        match connect(url).await {
            Err(error @ ConnectError::Unreachable { .. }) => {
                tracing::warn!("{error}; trying until it does");
            }
            definite => return definite,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
