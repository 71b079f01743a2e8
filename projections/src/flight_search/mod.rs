//! Flights by route and date, in an index: what changes rarely.

mod folder;
mod project;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use folder::searcher;
pub(crate) use target::IndexTarget;
