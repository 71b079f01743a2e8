//! Power cuts, and that they bite.

use torture::power_loss::{Syncs, power_loss};
use torture::rng::test_seed;
use torture::shim::Shim;

use crate::spawn;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_power_cut_at_any_instant() {
    let shim = Shim::build().unwrap();
    let done = power_loss(&spawn(), &shim, Syncs::Honest, 150, test_seed()).await.unwrap();
    println!("{done:?}");
    assert_eq!(done.findings, Vec::<String>::new());
    // The cuts must hurt, or they prove nothing.
    assert!(done.with_unsynced_writes > 30, "{done:?}");
    assert!(done.in_checkpoints > 0 && done.after_restarts > 0, "{done:?}");
    assert!(done.lost.sectors > 300 && done.lost.kept_sectors > 300, "{done:?}");
    assert!(done.acknowledgements > 500, "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_syncs_a_power_cut_loses_what_was_acknowledged() {
    let shim = Shim::build().unwrap();
    let done = power_loss(&spawn(), &shim, Syncs::Swallowed, 50, test_seed()).await.unwrap();
    println!("{done:?}");
    let lost = |finding: &String| finding.contains("was acknowledged and is missing");
    assert!(done.findings.len() > 10, "{done:?}");
    assert!(done.findings.iter().any(lost), "{done:?}");
}

/// Each file's syncs are needed: the one's at every commit, the other's when it is made and at
/// every checkpoint.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_syncs_of_either_file_something_is_lost() {
    let shim = Shim::build().unwrap();
    for file in ["log.sqlite-wal", "log.sqlite"] {
        let syncs = Syncs::SwallowedOf(file);
        let done = power_loss(&spawn(), &shim, syncs, 75, test_seed()).await.unwrap();
        println!("{file}: {done:?}");
        assert!(!done.findings.is_empty(), "{file}: {done:?}");
    }
}
