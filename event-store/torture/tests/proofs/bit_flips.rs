//! One changed bit at a time.

use torture::bit_flips::{in_the_log_file, in_the_write_ahead_log};
use torture::rng::test_seed;

use crate::spawn;

/// Bits changed in each page; `make torture` changes more.
const BITS: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_any_page_is_detected_or_harmless() {
    let verdicts = in_the_log_file(&spawn(), BITS, test_seed()).await.unwrap();
    println!("{verdicts:?}");
    assert_eq!(verdicts.findings, Vec::<String>::new());
    assert!(verdicts.total() > 130, "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_any_frame_is_reported_or_looks_like_a_torn_tail() {
    let verdicts = in_the_write_ahead_log(&spawn(), BITS, test_seed()).await.unwrap();
    println!("{verdicts:?}");
    assert_eq!(verdicts.findings, Vec::<String>::new());
    assert!(verdicts.total() > 130, "{verdicts:?}");
}
