//! A disk that is full, fails or is slow.

use torture::batch::Load;
use torture::everything::{fault_load, large_load};
use torture::faults::{Shown, play};
use torture::rng::test_seed;
use torture::shim::Shim;

use crate::spawn;

async fn shown(load: Load, scenario: &[&str]) -> Shown {
    let shown = play(&spawn(), &Shim::build().unwrap(), &load, scenario).await.unwrap();
    println!("{shown:?}");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_appends_keeps_reading_and_recovers() {
    // At once, within a frame's header, within a frame, and after a few frames.
    for room in ["0", "10", "5000", "60000"] {
        let shown = shown(fault_load(test_seed()), &["disk-full", "--room", room]).await;
        assert_eq!((shown.unavailable, shown.unknown), (5, 0), "{shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_file_that_cannot_grow_leaves_everything_in_the_write_ahead_log() {
    let scenario = ["--checkpoint-frames", "20", "file-full", "--file", "log.sqlite"];
    let shown = shown(fault_load(test_seed()), &scenario).await;
    assert_eq!((shown.unavailable, shown.unknown), (0, 0), "{shown:?}");
}

/// The transaction is on disk by then and SQLite says that it failed: nobody is told a lie, and
/// the engine must be opened again.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_the_write_ahead_log_that_cannot_grow_stops_the_engine_and_loses_nothing() {
    let shown = shown(large_load(test_seed()), &["index-full"]).await;
    assert!(shown.unknown > 0, "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_of_the_write_ahead_log_stops_the_engine_and_is_never_called_success() {
    for nth in ["1", "2", "7"] {
        let scenario = ["failed-sync", "--file", "log.sqlite-wal", "--nth", nth];
        let shown = shown(fault_load(test_seed()), &scenario).await;
        assert!(shown.unknown + shown.unavailable > 0, "{shown:?}");
        assert!(shown.notes[0].starts_with("stopped the disk failed"), "{shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_of_the_log_file_in_a_checkpoint_stops_the_engine() {
    for (frames, nth) in [("20", "1"), ("20", "2"), ("60", "1"), ("60", "4")] {
        let scenario =
            ["--checkpoint-frames", frames, "failed-sync", "--file", "log.sqlite", "--nth", nth];
        let shown = shown(fault_load(test_seed()), &scenario).await;
        assert!(shown.notes[0].starts_with("stopped the disk failed"), "{shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_while_shutting_down_loses_nothing() {
    let scenario = ["failed-sync", "--file", "log.sqlite", "--nth", "1", "--at-shutdown"];
    shown(fault_load(test_seed()), &scenario).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_disk_fills_the_queue_which_is_bounded_and_says_so() {
    let shown = shown(fault_load(test_seed()), &["--queued-appends", "8", "slow-disk"]).await;
    assert!(shown.busy > 0 && shown.unavailable + shown.unknown == 0, "{shown:?}");
}
