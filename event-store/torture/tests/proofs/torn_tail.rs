//! Files that end too early.

use torture::rng::test_seed;
use torture::torn_tail::{of_the_log_file, of_the_write_ahead_log};

use crate::spawn;

/// Bytes from one cut to the next; `make torture` cuts at every byte.
const STEP: usize = 41;

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_write_ahead_log_keeps_every_transaction_before_the_torn_one() {
    let done = of_the_write_ahead_log(&spawn(), STEP, test_seed()).await.unwrap();
    assert_eq!(done.findings, Vec::<String>::new());
    assert!(done.cuts > 200 && done.whole > 0 && done.whole < done.cuts, "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_file_that_was_cut_is_never_served_as_good() {
    let verdicts = of_the_log_file(&spawn(), STEP, test_seed()).await.unwrap();
    println!("{verdicts:?}");
    assert_eq!(verdicts.findings, Vec::<String>::new());
    assert!(verdicts.total() > 150, "{verdicts:?}");
}
