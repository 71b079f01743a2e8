/// Why an outcome is not remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing has begun.
    NotBegun,
    /// It has nothing to do with this cancellation.
    NotPartOfIt,
}
