//! Executes commands: loads a stream, folds it, decides, appends, and answers when the events are
//! on disk. One mailbox a live aggregate batches what is waiting; the expected revision of each
//! append is what keeps it right, also with other nodes beside this one. Holds no rule.

mod appending;
mod bulk;
mod context;
mod error;
mod everything;
mod hold_parts;
mod live;
mod mailbox;
mod mailboxes;
mod place_hold;
mod prices;

pub use bulk::{Created, create};
pub use context::{Context, derive_id};
pub use error::{ExecuteError, LoadError};
pub use everything::{Aggregates, Limits};
pub use hold_parts::{HoldParts, HoldView, find_hold};
pub use live::Outcome;
pub use mailboxes::{Loaded, Mailboxes};
pub use place_hold::{PlaceHold, PlaceHoldError, PlacedHold, place_hold};
pub use prices::price_list;
