use std::fs;
use std::path::Path;

use event_store::embedded::maintenance::check;
use event_store::embedded::{EmbeddedStore, Limits, Options};
use event_store::{EventStore, Filter};

use crate::support::{fill, raw, whole_log};

const FRAME: u64 = 24 + 8192;

fn wal_frames(folder: &Path) -> u64 {
    fs::metadata(folder.join("log.sqlite-wal")).unwrap().len() / FRAME
}

fn small(folder: &Path) -> std::sync::Arc<EmbeddedStore> {
    let limits = Limits { checkpoint_frames: 20, wal_frames: 100, ..Limits::default() };
    EmbeddedStore::open_with(folder, Options { limits, ..Options::default() }).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_ahead_log_stays_bounded_while_appends_and_reads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = small(folder.path());
    let reading = tokio::spawn({
        let store = store.clone();
        async move {
            let mut following = store.subscribe(Filter::All, 0);
            while following.position() < 1500 {
                following.next(3).await.unwrap();
            }
        }
    });
    fill(&*store, "a-1", 0..1500).await;
    reading.await.unwrap();
    // One append is a transaction of at most 8 pages here: the bound and one transaction.
    let frames = wal_frames(folder.path());
    assert!(frames <= 100 + 8, "{frames} frames");
    let moved = fs::metadata(folder.path().join("log.sqlite")).unwrap().len();
    assert!(moved > 20 * 8192, "{moved} bytes have reached the log file");
    store.shutdown().await;
    drop(store);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(whole_log(&*store).await.len(), 1500);
    assert_eq!(check(folder.path(), |_, _| ()).unwrap().damage, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_stays_open_delays_the_restart_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = small(folder.path());
    fill(&*store, "a-1", [0]).await;
    let reader = raw(folder.path());
    reader.execute_batch("BEGIN").unwrap();
    let count = |reader: &rusqlite::Connection| {
        reader.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(&reader), 1);
    fill(&*store, "a-1", 1..60).await;
    assert_eq!(count(&reader), 1, "its snapshot does not move");
    assert_eq!(whole_log(&*store).await.len(), 60);
    reader.execute_batch("ROLLBACK").unwrap();
    let peak = wal_frames(folder.path());
    fill(&*store, "a-1", 60..400).await;
    assert!(wal_frames(folder.path()) <= peak + 108, "it starts from its beginning again");
    assert_eq!(*store.stopped().borrow(), None);
}
