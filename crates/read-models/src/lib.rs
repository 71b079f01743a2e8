//! The read models' tables, rows and index fields, shared by the room that writes them and the
//! room that reads them. Refuses to know events and HTTP.
//!
//! Each read model lives in numbered generations, side by side: a Postgres schema or an index
//! folder each. The control schema `holdfast` says how far each has come, and its one epoch row
//! which of them answer queries.

pub mod booking;
mod control;
mod ddl;
pub mod flight;
mod projection;
pub mod seat_map;

pub use control::{
    Epoch, Generation, GenerationState, LiveGeneration, generation, generations, live, migrate,
};
pub use ddl::{create_tables, drop_tables};
pub use projection::{Projection, UnknownProjection};

/// A price or a sum, in minor units of a currency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Price {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
}
