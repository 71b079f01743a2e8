use std::fs;
use std::path::Path;

use event_store::embedded::{EmbeddedReader, EmbeddedStore, OpenError};
use tempfile::TempDir;

use crate::support::{fill, in_new_folder, numbers, raw, whole_log};

const HEADER: usize = 32;
const FRAME: usize = 24 + 8192;

/// The files of a live engine, as a crash would leave them: one transaction for each of 12 events.
async fn crashed() -> (TempDir, Vec<u8>) {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..13).await;
    let copy = tempfile::tempdir().unwrap();
    let wal = fs::read(folder.path().join("log.sqlite-wal")).unwrap();
    fs::copy(folder.path().join("log.sqlite"), copy.path().join("log.sqlite")).unwrap();
    store.shutdown().await;
    (copy, wal)
}

fn put(folder: &Path, wal: &[u8]) {
    drop(fs::remove_file(folder.join("log.sqlite-shm")));
    fs::write(folder.join("log.sqlite-wal"), wal).unwrap();
}

/// Where the frames are that end a transaction, counted from 0.
fn commits(wal: &[u8]) -> Vec<usize> {
    let frames = wal[HEADER..].chunks_exact(FRAME);
    frames.enumerate().filter(|(_, frame)| frame[4..8] != [0; 4]).map(|(n, _)| n).collect()
}

fn refusal(folder: &Path) -> String {
    let reader = EmbeddedReader::open(folder).map(drop);
    assert!(matches!(reader, Err(OpenError::Damaged(_))), "{reader:?}");
    match EmbeddedStore::open(folder).map(drop) {
        Err(OpenError::Damaged(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_whole_log_opens_after_a_crash() {
    let (folder, wal) = crashed().await;
    put(folder.path(), &wal);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(numbers(&whole_log(&*store).await), (1..13).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_flipped_bit_before_the_last_transaction_refuses_to_open_and_names_the_frame() {
    let (folder, wal) = crashed().await;
    let commits = commits(&wal);
    let acknowledged = commits[commits.len() - 2];
    for frame in 0..=acknowledged {
        // Salt, checksum, and the first and last byte of the page.
        for byte in [8, 16, 24, FRAME - 1] {
            // A flipped salt of a frame that ends no transaction leaves no other sign than this.
            let mut flipped = wal.clone();
            flipped[HEADER + frame * FRAME + byte] ^= 0x10;
            put(folder.path(), &flipped);
            let reason = refusal(folder.path());
            assert!(reason.contains(&format!("frame {} of", frame + 1)), "{byte}: {reason}");
        }
    }
    let mut flipped = wal;
    flipped[HEADER - 1] ^= 1;
    put(folder.path(), &flipped);
    assert!(refusal(folder.path()).contains("header"));
}

#[tokio::test]
async fn a_torn_tail_opens_with_everything_before_it() {
    let (folder, wal) = crashed().await;
    let commits = commits(&wal);
    let events_in = |frames: usize| {
        // The first transaction made the tables.
        let done = commits.iter().filter(|commit| **commit < frames).count();
        (1..done as u128).collect::<Vec<_>>()
    };
    let last = commits.len() - 1;
    let ends = [commits[last], commits[last - 1], commits[last - 5], commits[1]];
    for frames in ends {
        for torn in [0, 1, 24, 4000, FRAME - 1] {
            let copy = tempfile::tempdir().unwrap();
            fs::copy(folder.path().join("log.sqlite"), copy.path().join("log.sqlite")).unwrap();
            put(copy.path(), &wal[..HEADER + frames * FRAME + torn]);
            let store = EmbeddedStore::open(copy.path()).unwrap();
            assert_eq!(numbers(&whole_log(&*store).await), events_in(frames), "{frames}");
            fill(&*store, "b-1", [99]).await;
        }
    }
}

#[tokio::test]
async fn frames_of_the_last_transaction_may_be_lost_in_any_order() {
    let (folder, mut wal) = crashed().await;
    let commits = commits(&wal);
    let first_of_last = commits[commits.len() - 2] + 1;
    assert!(commits[commits.len() - 1] > first_of_last, "it has several frames");
    wal[HEADER + first_of_last * FRAME..][..FRAME].fill(0);
    put(folder.path(), &wal);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(numbers(&whole_log(&*store).await), (1..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn frames_left_over_from_before_a_restart_are_no_damage() {
    let (folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..40).await;
    let other = raw(folder.path());
    // Whoever has the file open for a moment makes it fail: then nothing starts again.
    while other.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0)).unwrap() {
        tokio::task::yield_now().await;
    }
    drop(other);
    let long = fs::metadata(folder.path().join("log.sqlite-wal")).unwrap().len();
    fill(&*store, "a-1", 40..43).await;
    let wal = fs::read(folder.path().join("log.sqlite-wal")).unwrap();
    assert_eq!(wal.len() as u64, long, "the file was written from its start again");
    let copy = tempfile::tempdir().unwrap();
    fs::copy(folder.path().join("log.sqlite"), copy.path().join("log.sqlite")).unwrap();
    put(copy.path(), &wal);
    let store = EmbeddedStore::open(copy.path()).unwrap();
    assert_eq!(whole_log(&*store).await.len(), 42);
}

#[tokio::test]
async fn a_write_ahead_log_without_its_log_is_refused() {
    let (folder, wal) = crashed().await;
    fs::remove_file(folder.path().join("log.sqlite")).unwrap();
    put(folder.path(), &wal);
    let opened = EmbeddedStore::open(folder.path()).map(drop);
    assert!(matches!(opened, Err(OpenError::Damaged(_))), "{opened:?}");
}
