//! Offerings, their layouts, and the seats that are not, or no longer, in their first state.

mod batch;
mod layout;
mod project;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use batch::SeatRows;
