use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use announcer::{AnnouncerError, STREAM, SUBJECTS, start};
use event_store::embedded::EmbeddedStore;
use event_store::{CheckpointFile, EventStore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::nats::Nats;
use crate::support::*;

/// What one round of [`append`] announces: a hold that lives longer is nobody's business.
const A_ROUND: u64 = 11;

struct Running {
    shutdown: CancellationToken,
    tracker: TaskTracker,
}

async fn run(
    store: &Arc<EmbeddedStore>,
    nats: &Nats,
    folder: &Path,
) -> Result<Running, AnnouncerError> {
    let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
    start(store.clone(), &nats.url, folder, shutdown.clone(), &tracker).await?;
    Ok(Running { shutdown, tracker })
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        self.tracker.close();
        tokio::time::timeout(Duration::from_secs(10), self.tracker.wait()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_announced_once_though_nats_comes_late_and_is_killed_in_the_middle() {
    let (folder, store) = open().await;
    let mut nats = Nats::down();
    append(&store, 1).await;
    let running = run(&store, &nats, folder.path()).await.unwrap();
    append(&store, 2).await;
    nats.start();
    nats.until(2 * A_ROUND).await;
    for number in 3..40 {
        append(&store, number).await;
        match number {
            10 => nats.kill(),
            20 => nats.start(),
            _ => {}
        }
    }
    nats.until(39 * A_ROUND).await;
    running.stop().await;

    // Started again, nothing is told twice, and what is new is told.
    let head = store.head().await.unwrap();
    let file = CheckpointFile::open(folder.path().join("announcer")).unwrap();
    assert_eq!(file.load(store.log_id()).unwrap(), head);
    let running = run(&store, &nats, folder.path()).await.unwrap();
    append(&store, 40).await;
    nats.until(40 * A_ROUND).await;
    running.stop().await;

    let messages = nats.all().await;
    let ids: HashSet<&str> = messages.iter().map(|(_, id, _)| id.as_str()).collect();
    assert_eq!((messages.len(), ids.len()), (440, 440));
    for (subject, id, body) in &messages {
        assert_eq!(
            (body["type"].as_str().unwrap(), body["id"].as_str().unwrap()),
            (&**subject, &**id)
        );
        assert_eq!(body["holdfastlog"], store.log_id().to_string());
        let text = body.to_string();
        assert!(!CANARIES.iter().any(|word| text.contains(word)), "{text}");
    }
    let positions: HashSet<&str> =
        messages.iter().map(|(_, _, body)| body["position"].as_str().unwrap()).collect();
    assert_eq!(positions.len(), 440);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bus_keeps_is_bounded() {
    let (folder, store) = open().await;
    let mut nats = Nats::down();
    nats.start();
    append(&store, 1).await;
    let running = run(&store, &nats, folder.path()).await.unwrap();
    nats.until(A_ROUND).await;
    running.stop().await;
    let config = nats.config().await;
    assert_eq!(
        (config.name.as_str(), config.subjects.as_slice()),
        (STREAM, &[SUBJECTS.to_owned()][..])
    );
    assert_eq!(config.max_bytes, 1 << 30);
    assert_eq!(config.max_age, Duration::from_secs(604_800));
    assert_eq!(config.duplicate_window, Duration::from_secs(120));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_of_another_log_counts_for_nothing() {
    let (folder, store) = open().await;
    let mut nats = Nats::down();
    nats.start();
    append(&store, 1).await;
    let file = CheckpointFile::open(folder.path().join("announcer")).unwrap();
    file.save(Uuid::from_u128(1), 9_999).unwrap();
    let running = run(&store, &nats, folder.path()).await.unwrap();
    nats.until(A_ROUND).await;
    running.stop().await;
    assert_eq!(file.load(store.log_id()).unwrap(), store.head().await.unwrap());
}

#[tokio::test]
async fn a_checkpoint_beyond_the_log_says_that_events_are_missing() {
    let (folder, store) = open().await;
    append(&store, 1).await;
    let head = store.head().await.unwrap();
    let file = CheckpointFile::open(folder.path().join("announcer")).unwrap();
    file.save(store.log_id(), head + 1).unwrap();
    let refused = run(&store, &Nats::down(), folder.path()).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, AnnouncerError::EventsMissing { .. }), "{refused}");
}

#[tokio::test]
async fn an_announcer_without_a_bus_stops_at_once_when_told() {
    let (folder, store) = open().await;
    append(&store, 1).await;
    let running = run(&store, &Nats::down(), folder.path()).await.unwrap();
    running.stop().await;
}
