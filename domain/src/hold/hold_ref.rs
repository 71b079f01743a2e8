use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{HoldId, InvalidId, OfferingId};

/// How a client names a hold. A hold on one offering is found again from its name without a
/// look-up: the name says which offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldRef {
    /// On one offering: part of its `seat_inventory` stream, and nothing else.
    Single {
        /// Which offering.
        offering_id: OfferingId,
        /// Which hold there.
        hold_id: HoldId,
    },
    /// Over several offerings: a `hold` stream of its own.
    Several(HoldId),
}

impl HoldRef {
    /// The id that every offering's inventory knows the hold by.
    pub fn hold_id(&self) -> HoldId {
        match self {
            Self::Single { hold_id, .. } | Self::Several(hold_id) => *hold_id,
        }
    }
}

impl fmt::Display for HoldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single { offering_id, hold_id } => {
                write!(f, "{}.{}", hold_id.0.simple(), offering_id.0.simple())
            }
            Self::Several(hold_id) => write!(f, "{}", hold_id.0.simple()),
        }
    }
}

impl FromStr for HoldRef {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { expected: "a hold id" };
        let uuid = |part: &str| match part.len() {
            32 => Uuid::try_parse(part).map_err(|_| invalid.clone()),
            _ => Err(invalid.clone()),
        };
        match text.split_once('.') {
            Some((hold, offering)) => Ok(Self::Single {
                offering_id: OfferingId(uuid(offering)?),
                hold_id: HoldId(uuid(hold)?),
            }),
            None => Ok(Self::Several(HoldId(uuid(text)?))),
        }
    }
}
