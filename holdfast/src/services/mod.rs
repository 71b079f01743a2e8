//! The services that `up` composes into one process, each of which also runs as a program of its
//! own: command-api, query-api, projections, processes. Owns how each is wired, the HTTP server
//! they answer on, and readiness. Holds no rule.

pub mod command_api;
pub(crate) mod health;
pub(crate) mod http;
pub(crate) mod postgres;
pub(crate) mod process;
pub mod processes;
mod program;
pub mod projections;
pub mod query_api;
pub(crate) mod ready_file;
