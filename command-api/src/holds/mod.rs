//! Placing, showing, renewing and releasing holds.

mod change;
mod place;

pub(crate) use change::{release, renew, show};
pub(crate) use place::place;
