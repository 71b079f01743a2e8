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

/// Names an aggregate's rules as a [`Decider`]: the functions and types of the module it stands in.
macro_rules! decider {
    ($(#[$doc:meta])* $name:ident, $category:literal, $initial_state:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl crate::Decider for $name {
            const CATEGORY: &'static str = $category;
            type State = State;
            type Command = Command;
            type Event = Event;
            type Rejection = Rejection;

            fn initial_state() -> State {
                $initial_state
            }

            fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
                decide(state, command)
            }

            fn evolve(state: State, event: &Event) -> State {
                evolve(state, event)
            }
        }
    };
}

pub(crate) use decider;
