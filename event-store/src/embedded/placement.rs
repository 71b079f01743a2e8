//! Where an append goes, from what its writer expects and what the stream is. Pure.

use crate::ExpectedRevision;

/// What to do with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// Append from this revision on.
    At(u64),
    /// Refuse: the stream is elsewhere.
    Refused,
    /// When the events from revision `first` on have the ids that were sent, answer for those;
    /// when not, append at `otherwise`, or refuse.
    UnlessRepeatOf { first: u64, otherwise: Option<u64> },
}

/// Places `count` events on a stream whose last revision is `actual`.
pub(super) fn place(expected: ExpectedRevision, actual: Option<u64>, count: u64) -> Placement {
    let Some(last) = actual else {
        return match expected {
            ExpectedRevision::Any | ExpectedRevision::NoStream => Placement::At(0),
            ExpectedRevision::StreamExists | ExpectedRevision::Exact(_) => Placement::Refused,
        };
    };
    let next = last + 1;
    match expected {
        ExpectedRevision::Any | ExpectedRevision::StreamExists => match next.checked_sub(count) {
            Some(first) => Placement::UnlessRepeatOf { first, otherwise: Some(next) },
            None => Placement::At(next),
        },
        ExpectedRevision::NoStream => repeat_of(0, next, count),
        ExpectedRevision::Exact(revision) if revision == last => Placement::At(next),
        ExpectedRevision::Exact(revision) if revision < last => {
            repeat_of(revision + 1, next, count)
        }
        ExpectedRevision::Exact(_) => Placement::Refused,
    }
}

fn repeat_of(first: u64, next: u64, count: u64) -> Placement {
    if next - first < count {
        return Placement::Refused;
    }
    Placement::UnlessRepeatOf { first, otherwise: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_expectation() -> impl Strategy<Value = ExpectedRevision> {
        prop_oneof![
            Just(ExpectedRevision::Any),
            Just(ExpectedRevision::NoStream),
            Just(ExpectedRevision::StreamExists),
            (0_u64..8).prop_map(ExpectedRevision::Exact),
            Just(ExpectedRevision::Exact(u64::MAX)),
        ]
    }

    proptest! {
        #[test]
        fn appends_only_right_behind_the_end(
            expected in any_expectation(),
            actual in proptest::option::of(0_u64..8),
            count in 1_u64..10,
        ) {
            let next = actual.map_or(0, |last| last + 1);
            match place(expected, actual, count) {
                Placement::At(first) => prop_assert_eq!(first, next),
                Placement::Refused => {}
                Placement::UnlessRepeatOf { first, otherwise } => {
                    prop_assert!(first + count <= next);
                    prop_assert!(otherwise.is_none_or(|at| at == next));
                }
            }
        }
    }

    #[test]
    fn the_head_itself_is_never_taken_for_a_repeat() {
        assert_eq!(place(ExpectedRevision::Exact(4), Some(4), 1), Placement::At(5));
    }
}
