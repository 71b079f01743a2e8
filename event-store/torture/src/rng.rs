//! Seeds, and what follows from them.

/// A small reproducible generator (SplitMix64): the same seed gives the same run.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator of its own for each of several parts.
    pub fn of(seed: u64, parts: &[u64]) -> Self {
        let mut rng = Self(seed);
        for part in parts {
            rng.0 = rng.next() ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93);
        }
        rng
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "a generator is no iterator that ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// An index into something with `len` elements.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A seed that differs from run to run. It must be printed.
pub fn fresh_seed() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(std::process::id())
}

/// The seed of a test: `TORTURE_SEED`, or a fresh one. Printed, so that a failure can be repeated.
#[allow(clippy::print_stdout, reason = "a test that fails must say its seed")]
pub fn test_seed() -> u64 {
    let given = std::env::var("TORTURE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(fresh_seed);
    println!("TORTURE_SEED={seed}");
    seed
}
