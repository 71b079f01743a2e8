/// Why nothing changes about a hold over several offerings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// There is no such hold.
    NoSuchHold,
    /// One offering is not several, and none may be named twice.
    NotSeveralOfferings,
    /// More than [`crate::hold::Command::MAX_PARTS`].
    TooManyOfferings {
        /// How many may be.
        limit: usize,
    },
    /// It has already ended, or was refused.
    Over,
    /// It was never placed.
    NotPlaced,
    /// Another booking has its seats.
    ConsumedByAnotherBooking,
    /// Its time is not over yet.
    NotExpiredYet,
}
