//! Kills, cut power and damaged disks, for the embedded engine: what it promises of durability is
//! proven here from outside, through its public API only. Knows files, bytes and syncs; refuses
//! to know the engine's tables. `docs/adr/0017-how-durability-is-proven.md` says what each proof
//! is worth.

pub mod appender;
pub mod batch;
pub mod bit_flips;
pub mod chaos;
pub mod disk;
pub mod everything;
pub mod faults;
pub mod journal;
pub mod kills;
pub mod ledger;
pub mod opened;
pub mod power_loss;
pub mod report;
pub mod rng;
pub mod scenario;
pub mod shim;
pub mod small_log;
pub mod spawn;
pub mod torn_tail;
pub mod verdict;
