use thiserror::Error;

/// Why no connection was made. The text never has the connection string's password.
#[derive(Debug, Clone, Error)]
pub enum ConnectError {
    /// The connection string cannot be read. What the `eventstore` crate says about it is left
    /// out, because it repeats the string.
    #[error(
        "`{url}` is not a connection string: expected esdb://host:port or esdb+discover://host:port"
    )]
    ConnectionString {
        /// The string, without user and password.
        url: String,
    },
    /// Nobody answers there, or not what an EventStoreDB node would.
    #[error("no event store answers at `{url}`: {reason}")]
    Unreachable {
        /// The string, without user and password.
        url: String,
        /// What happened instead.
        reason: String,
    },
    /// User and password are not accepted, or may not do what is needed.
    #[error("the event store at `{url}` denies access: {reason}")]
    Denied {
        /// The string, without user and password.
        url: String,
        /// What was denied.
        reason: String,
    },
    /// The log's identity, in the stream `holdfast-log`, is not what it must be.
    #[error("the event store at `{url}` has no usable identity: {reason}")]
    Identity {
        /// The string, without user and password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}
