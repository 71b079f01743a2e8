//! The model of the disk: if it kept what it should lose, or lost what it should keep, the power
//! cuts would prove nothing.

use std::fs;

use torture::disk::Disk;
use torture::journal::Record;
use torture::rng::Rng;

const SEEDS: u64 = 200;

/// The contents of `a` (none: no such file) after power cuts with many seeds.
fn cut(records: &[Record]) -> Vec<Option<Vec<u8>>> {
    let outcome = |seed| {
        let mut rng = Rng::new(seed);
        let mut disk = Disk::default();
        for record in records {
            disk.apply(record, &mut rng).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        disk.cut_power(&mut rng, folder.path()).unwrap();
        fs::read(folder.path().join("a")).ok()
    };
    (0..SEEDS).map(outcome).collect()
}

fn made() -> Vec<Record> {
    vec![Record::Link(1, "a".into()), Record::SyncBegin(0, 1), Record::SyncEnd(0, 1)]
}

fn write(at: u64, byte: u8, length: usize) -> Record {
    Record::Write(1, at, vec![byte; length])
}

#[test]
fn what_was_synced_is_always_there() {
    let mut records = made();
    records.extend([write(0, 1, 2000), Record::SyncBegin(1, 2), Record::SyncEnd(1, 2)]);
    assert!(cut(&records).iter().all(|left| left.as_deref() == Some(&[1; 2000])));
}

#[test]
fn a_sync_that_was_not_answered_promises_nothing() {
    let mut records = made();
    records.extend([write(0, 1, 512), Record::SyncBegin(1, 2)]);
    let left = cut(&records);
    assert!(left.contains(&Some(Vec::new())));
    assert!(left.contains(&Some(vec![1; 512])));
}

#[test]
fn what_is_written_while_a_sync_runs_is_not_part_of_it() {
    let mut records = made();
    records.extend([
        write(0, 1, 512),
        Record::SyncBegin(1, 2),
        write(512, 2, 512),
        Record::SyncEnd(1, 2),
    ]);
    let left = cut(&records);
    assert!(left.iter().all(|left| left.as_ref().unwrap().starts_with(&[1; 512])));
    assert!(left.contains(&Some(vec![1; 512])));
}

#[test]
fn unsynced_writes_are_lost_torn_and_reordered() {
    let mut records = made();
    records.extend([write(0, 1, 1024), write(1024, 2, 1024)]);
    let left = cut(&records);
    let torn = |left: &[u8]| left.len() >= 1024 && left[..512] != left[512..1024];
    let reordered = |left: &[u8]| left.len() == 2048 && left[..1024] == [0; 1024];
    assert!(left.iter().flatten().any(|left| torn(left)));
    assert!(left.iter().flatten().any(|left| reordered(left)));
    assert!(left.contains(&Some(Vec::new())));
}

#[test]
fn a_new_file_needs_a_sync_of_its_folder() {
    let records = [
        Record::Link(1, "a".into()),
        write(0, 1, 512),
        Record::SyncBegin(1, 1),
        Record::SyncEnd(1, 1),
    ];
    let left = cut(&records);
    assert!(left.contains(&None));
    assert!(left.contains(&Some(vec![1; 512])));
}

#[test]
fn what_a_failed_sync_lost_no_later_sync_brings_back() {
    let mut records = made();
    records.extend([
        write(0, 1, 512),
        Record::SyncBegin(1, 2),
        Record::SyncFailed(1, 2),
        Record::SyncBegin(1, 3),
        Record::SyncEnd(1, 3),
    ]);
    let left = cut(&records);
    assert!(left.contains(&Some(Vec::new())));
    assert!(left.contains(&Some(vec![1; 512])));
}

#[test]
fn a_rename_is_there_or_not_and_never_half() {
    let mut records = made();
    records.extend([
        write(0, 1, 512),
        Record::SyncBegin(1, 2),
        Record::SyncEnd(1, 2),
        Record::Link(2, "b".into()),
        Record::Write(2, 0, vec![2; 512]),
        Record::SyncBegin(2, 3),
        Record::SyncEnd(2, 3),
        Record::SyncBegin(0, 4),
        Record::SyncEnd(0, 4),
        Record::Rename("b".into(), "a".into()),
    ]);
    let left = cut(&records);
    assert!(left.contains(&Some(vec![1; 512])));
    assert!(left.contains(&Some(vec![2; 512])));
    assert!(left.iter().all(Option::is_some));
}
