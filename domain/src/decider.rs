use std::fmt::Debug;

/// An aggregate's rules in the shape every room can run: fold the events, decide, append.
pub trait Decider: Send + Sync + 'static {
    /// The category of its streams, which is also the name of its slice in every room.
    const CATEGORY: &'static str;
    /// What the fold of its events says.
    type State: Clone + Debug + Send + Sync + 'static;
    /// What may be asked of it.
    type Command: Clone + Debug + Send + 'static;
    /// What can have happened to it.
    type Event: Clone + Debug + PartialEq + Send + Sync + 'static;
    /// Why it refuses.
    type Rejection: Clone + Debug + PartialEq + Send + 'static;

    /// Before anything happened.
    fn initial_state() -> Self::State;

    /// What a command makes happen; nothing when it is already so.
    ///
    /// # Errors
    /// The business reason for a refusal.
    fn decide(
        state: &Self::State,
        command: Self::Command,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// What an event means. Never fails, never validates.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
}
