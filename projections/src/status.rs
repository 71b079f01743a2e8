use serde::Serialize;

/// How a projection fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// The generation that answers queries.
    pub generation: i32,
    /// `live`, or `failed` when it met an event that it cannot read.
    pub state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is durable.
    pub checkpoint: u64,
    /// Everything up to here can be read.
    pub progress: u64,
    /// Where the log ends.
    pub head: u64,
    /// How many positions `progress` is behind `head`.
    pub lag: u64,
    /// The rebuild or verification under way.
    pub rebuild: Option<RebuildStatus>,
    /// How the last one since start ended.
    pub last_outcome: Option<LastOutcome>,
}

/// How far a rebuild or a verification has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuildStatus {
    /// The generation being built; 0 until it is made.
    pub generation: i32,
    /// How far it has read.
    pub position: u64,
    /// How far it has to read, as known now.
    pub target: u64,
    /// What it does.
    pub phase: RebuildPhase,
    /// Rows that differ from the live generation, once compared.
    pub differing_rows: Option<u64>,
}

/// What a rebuild or a verification does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RebuildPhase {
    /// Reading the log from its start.
    Loading,
    /// Comparing with the live generation.
    Comparing,
    /// Going live.
    Switching,
}

/// How a rebuild or verification ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LastOutcome {
    /// A rebuild.
    Rebuild(RebuildOutcome),
    /// A verification.
    Verification(VerifyOutcome),
    /// It came to nothing.
    Error {
        /// Why.
        detail: String,
    },
}

/// What a rebuild found and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuildOutcome {
    /// The generation that was built.
    pub generation: i32,
    /// Whether it answers queries now. It does not when rows differ and nobody accepted that.
    pub switched: bool,
    /// How it compared; absent when the live generation had failed, so that there was no common
    /// position to compare at.
    pub comparison: Option<VerifyOutcome>,
}

/// How the live generation compares with one built from the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyOutcome {
    /// The position at which both were compared.
    pub position: u64,
    /// Rows, or documents, that the log says there are.
    pub rows_compared: u64,
    /// Rows that are missing, additional or different.
    pub differing_rows: u64,
    /// The keys of some of them: `<table> <key>`.
    pub examples: Vec<String>,
}
