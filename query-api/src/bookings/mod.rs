//! Bookings, for those whose they are; for operators and auditors without the travellers' names.

mod list;
mod personal;
mod row;
mod show;

pub(crate) use list::list;
pub(crate) use show::show;
