use serde::{Deserialize, Serialize};

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys for themselves.
    Customer,
    /// Buys for others: exempt from the limits against hoarding.
    TravelAgent,
    /// Schedules flights.
    Seller,
    /// Reads every event stream.
    Auditor,
    /// Runs the system.
    Operator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Customer, Self::TravelAgent, Self::Seller, Self::Auditor, Self::Operator];

    /// As it stands in a token and in an event's envelope.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::TravelAgent => "travel_agent",
            Self::Seller => "seller",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}
