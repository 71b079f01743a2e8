use domain::Decider;

/// A domain event that has a stored form.
pub trait StoredEvent: Sized {
    /// The type string of its current version, for example `seat_inventory.seats_held.v1`.
    fn event_type(&self) -> &'static str;

    /// Its stored form: JSON, always of the current version.
    fn encode(&self) -> Vec<u8>;

    /// Reads any version that was ever written.
    ///
    /// # Errors
    /// See [`DecodeError`]. A fold that meets one fails closed.
    fn decode(event_type: &str, data: &[u8]) -> Result<Self, DecodeError>;
}

/// A stored event that this binary cannot read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A type or version that this binary does not know.
    #[error("unknown event type `{0}`")]
    UnknownType(String),
    /// Not the JSON that its type promises.
    #[error("malformed `{event_type}`")]
    Malformed {
        /// The type it claims to be.
        event_type: String,
        /// Where it goes wrong.
        #[source]
        source: serde_json::Error,
    },
    /// JSON of the right shape, and a value that cannot be (a seat `XX`, a currency `usd`).
    #[error("invalid `{event_type}`: {reason}")]
    Invalid {
        /// The type it claims to be.
        event_type: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// An aggregate whose events have a stored form.
pub trait StoredDecider: Decider<Event: StoredEvent> {}

impl<D: Decider<Event: StoredEvent>> StoredDecider for D {}
