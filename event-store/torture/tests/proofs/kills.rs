//! kill -9 at random moments.

use torture::kills::kills;
use torture::rng::test_seed;

use crate::spawn;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_lose_nothing_acknowledged_and_leave_nothing_half() {
    let done = kills(&spawn(), 50, test_seed()).await.unwrap();
    println!("{done:?}");
    assert_eq!(done.kills, 50);
    // The kills must come while appends are under way, or they prove nothing.
    assert!(done.acknowledged > 200, "{done:?}");
    assert!(done.while_opening < 25, "{done:?}");
}
