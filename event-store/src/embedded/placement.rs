//! Where an append goes, from what its writer expects and what the stream is. Pure.

use crate::ExpectedRevision;

/// What matters of a stream to whoever wants to append to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Situation {
    /// Its last revision.
    pub(super) last: Option<u64>,
    /// It was deleted softly.
    pub(super) deleted: bool,
    /// It has metadata, perhaps without having events.
    pub(super) described: bool,
}

impl Situation {
    fn next(self) -> u64 {
        self.last.map_or(0, |last| last + 1)
    }

    fn exists(self) -> bool {
        !self.deleted && (self.last.is_some() || self.described)
    }
}

/// What to do with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// Append from this revision on.
    At(u64),
    /// Refuse: the stream is elsewhere.
    Refused,
    /// When the events from revision `first` on have the ids that were sent, answer for those.
    /// When the very first is another, append at `otherwise`, or refuse. Between the two, refuse.
    UnlessRepeatOf { first: u64, otherwise: Option<u64> },
    /// When the ids were appended to this stream lately, answer for those; when the first was
    /// not, append at this revision. Between the two, refuse.
    UnlessRecent(u64),
}

/// Places an append.
pub(super) fn place(expected: ExpectedRevision, situation: Situation) -> Placement {
    let next = situation.next();
    match (expected, situation.last) {
        (ExpectedRevision::Any, _) => Placement::UnlessRecent(next),
        (ExpectedRevision::StreamExists, _) if situation.exists() => Placement::UnlessRecent(next),
        (ExpectedRevision::StreamExists, _) => Placement::Refused,
        (ExpectedRevision::NoStream, None) => Placement::At(0),
        (ExpectedRevision::NoStream, Some(_)) => {
            Placement::UnlessRepeatOf { first: 0, otherwise: situation.deleted.then_some(next) }
        }
        (ExpectedRevision::Exact(revision), Some(last)) if revision == last => Placement::At(next),
        (ExpectedRevision::Exact(revision), Some(last)) if revision < last => {
            Placement::UnlessRepeatOf { first: revision + 1, otherwise: None }
        }
        (ExpectedRevision::Exact(_), _) => Placement::Refused,
    }
}

/// Whether a stream may be deleted or tombstoned, as far as its revision goes.
pub(super) fn may_delete(expected: ExpectedRevision, situation: Situation) -> bool {
    match expected {
        ExpectedRevision::Any => true,
        ExpectedRevision::StreamExists => situation.exists(),
        ExpectedRevision::NoStream => situation.last.is_none() || situation.deleted,
        ExpectedRevision::Exact(revision) => situation.last == Some(revision),
    }
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
            last in proptest::option::of(0_u64..8),
            deleted: bool,
            described: bool,
        ) {
            let situation = Situation { last, deleted, described };
            let next = last.map_or(0, |last| last + 1);
            match place(expected, situation) {
                Placement::At(first) | Placement::UnlessRecent(first) => {
                    prop_assert_eq!(first, next);
                }
                Placement::Refused => {}
                Placement::UnlessRepeatOf { first, otherwise } => {
                    prop_assert!(first < next);
                    prop_assert!(otherwise.is_none_or(|at| at == next));
                }
            }
        }
    }

    fn at(last: u64) -> Situation {
        Situation { last: Some(last), ..Situation::default() }
    }

    #[test]
    fn the_head_itself_is_never_taken_for_a_repeat() {
        assert_eq!(place(ExpectedRevision::Exact(4), at(4)), Placement::At(5));
    }

    #[test]
    fn a_softly_deleted_stream_is_appended_to_as_if_it_were_new_but_does_not_exist() {
        let deleted = Situation { deleted: true, ..at(4) };
        let at_5 = Placement::UnlessRepeatOf { first: 0, otherwise: Some(5) };
        assert_eq!(place(ExpectedRevision::NoStream, deleted), at_5);
        assert_eq!(place(ExpectedRevision::StreamExists, deleted), Placement::Refused);
        assert_eq!(place(ExpectedRevision::Exact(4), deleted), Placement::At(5));
    }

    #[test]
    fn a_stream_that_has_only_metadata_exists() {
        let described = Situation { described: true, ..Situation::default() };
        assert_eq!(place(ExpectedRevision::StreamExists, described), Placement::UnlessRecent(0));
        assert_eq!(place(ExpectedRevision::NoStream, described), Placement::At(0));
    }
}
