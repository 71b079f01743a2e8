/// Numbers that follow from a seed (SplitMix64), so that a failure can be run again.
pub struct Random(u64);

impl Random {
    /// From `HOLDFAST_SEED`, or a new seed; printed either way.
    pub fn from_environment() -> Self {
        let given = std::env::var("HOLDFAST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(drawn);
        println!("HOLDFAST_SEED={seed}");
        Self(seed)
    }

    /// Further numbers for another task.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// From 0 to one less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.next() % end).expect("a small number")
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[allow(clippy::disallowed_methods, reason = "a seed that nobody chose; it is printed")]
fn drawn() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}
