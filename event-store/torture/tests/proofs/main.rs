//! The proofs of durability in the sizes of every day; `make torture` does more of the same.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail as tests do, and say their seed"
)]

mod bit_flips;
mod disk;
mod faults;
mod kills;
mod ledger;
mod power_loss;
mod torn_tail;

use std::path::PathBuf;

use torture::spawn::Spawn;

fn spawn() -> Spawn {
    Spawn { exe: PathBuf::from(env!("CARGO_BIN_EXE_torture")) }
}
