/// Why an outcome is not remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Nothing has begun.
    NotBegun,
    /// It is not what comes next.
    OutOfOrder,
}
