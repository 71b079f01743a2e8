//! The `holdfast` program's parts.

pub mod data_folder;
pub mod servers;
