//! Bookings with their travellers and their money, a row each.

mod project;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use rows::BookingRows;
