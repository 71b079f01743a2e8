//! The one program people install: `holdfast up` runs everything on one machine; the other
//! subcommands are for those who import, operate and audit. Wires the rooms together and holds no
//! rule of its own.

pub mod cli;
mod clock;
pub mod data_folder;
mod eventstore;
mod import;
mod secrets;
pub mod servers;
pub mod services;
mod store;
mod up;
