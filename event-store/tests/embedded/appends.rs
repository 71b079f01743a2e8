use std::collections::{HashMap, HashSet};

use event_store::embedded::EmbeddedStore;
use event_store::{AppendError, Appended, EventStore, ExpectedRevision, Filter};
use proptest::prelude::*;
use tokio::task::JoinSet;

use crate::support::{event, events, fill, in_new_folder, numbers, stream, whole_log};

fn refused(actual: Option<u64>) -> Result<Appended, AppendError> {
    Err(AppendError::WrongExpectedRevision { actual })
}

#[tokio::test]
async fn an_append_answers_where_its_events_stand() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "other-1", [1]).await;
    let first = store.append(&stream("a-1"), ExpectedRevision::NoStream, events(2..5)).await;
    assert_eq!(first, Ok(Appended { first_revision: 0, last_revision: 2, position: 4 }));
    let second = store.append(&stream("a-1"), ExpectedRevision::Exact(2), events(5..6)).await;
    assert_eq!(second, Ok(Appended { first_revision: 3, last_revision: 3, position: 5 }));
    assert_eq!(store.head().await.unwrap(), 5);
}

#[tokio::test]
async fn no_stream_is_refused_on_a_stream_that_exists() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", 1..3).await;
    let answer = store.append(&stream("a-1"), ExpectedRevision::NoStream, events([9])).await;
    assert_eq!(answer, refused(Some(1)));
}

#[tokio::test]
async fn stream_exists_is_refused_on_a_stream_that_does_not() {
    let (_folder, store) = in_new_folder();
    let answer = store.append(&stream("a-1"), ExpectedRevision::StreamExists, events([9])).await;
    assert_eq!(answer, refused(None));
    fill(&*store, "a-1", [1]).await;
    let answer = store.append(&stream("a-1"), ExpectedRevision::StreamExists, events([9])).await;
    assert_eq!(answer.map(|appended| appended.last_revision), Ok(1));
}

#[tokio::test]
async fn an_exact_revision_is_refused_anywhere_else() {
    let (_folder, store) = in_new_folder();
    let missing = store.append(&stream("a-1"), ExpectedRevision::Exact(0), events([9])).await;
    assert_eq!(missing, refused(None));
    fill(&*store, "a-1", 1..4).await;
    for revision in [0, 1, 3, u64::MAX] {
        let expected = ExpectedRevision::Exact(revision);
        let answer = store.append(&stream("a-1"), expected, events([9])).await;
        assert_eq!(answer, refused(Some(2)), "{revision}");
    }
    let answer = store.append(&stream("a-1"), ExpectedRevision::Exact(2), events([9])).await;
    assert_eq!(answer.map(|appended| appended.last_revision), Ok(3));
}

#[tokio::test]
async fn any_appends_wherever_the_stream_is() {
    let (_folder, store) = in_new_folder();
    for (revision, number) in (0..).zip(1..4) {
        let answer = store.append(&stream("a-1"), ExpectedRevision::Any, events([number])).await;
        assert_eq!(answer.map(|appended| appended.first_revision), Ok(revision));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_have_no_gaps_under_many_concurrent_writers() {
    let (_folder, store) = in_new_folder();
    let mut writers = JoinSet::new();
    for writer in 0..32_u128 {
        let store = store.clone();
        writers.spawn(async move {
            let name = stream(&format!("writer{}-{writer}", writer % 3));
            for n in 0..50 {
                let new = events([writer * 1000 + n * 2, writer * 1000 + n * 2 + 1]);
                let appended = store.append(&name, ExpectedRevision::Any, new).await.unwrap();
                assert!(
                    store.head().await.unwrap() >= appended.position,
                    "published before answered"
                );
            }
        });
    }
    writers.join_all().await;
    let log = whole_log(&*store).await;
    let positions: Vec<_> = log.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=3200).collect::<Vec<_>>());
    let mut revisions = HashMap::new();
    for event in &log {
        let next = revisions.entry(event.stream.clone()).or_insert(0);
        assert_eq!(event.revision, *next);
        *next += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_with_one_expectation_exactly_one_succeeds() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    let mut writers = JoinSet::new();
    for number in 100..150 {
        let store = store.clone();
        writers.spawn(async move {
            store.append(&stream("a-1"), ExpectedRevision::Exact(0), events([number])).await
        });
    }
    let answers = writers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == refused(Some(1))).count(), 49);
    assert_eq!(whole_log(&*store).await.len(), 2);
}

#[tokio::test]
async fn a_group_of_events_is_appended_whole_or_not_at_all() {
    let (_folder, store) = in_new_folder();
    fill(&*store, "a-1", [1]).await;
    let answer = store.append(&stream("a-1"), ExpectedRevision::NoStream, events(2..50)).await;
    assert_eq!(answer, refused(Some(0)));
    store.append(&stream("a-1"), ExpectedRevision::Exact(0), events(2..50)).await.unwrap();
    assert_eq!(numbers(&whole_log(&*store).await), (1..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_append_whose_caller_went_away_is_in_the_log() {
    let (_folder, store) = in_new_folder();
    let name = stream("a-1");
    {
        let mut abandoned = store.append(&name, ExpectedRevision::NoStream, events([7]));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(abandoned.as_mut().poll(&mut context).is_pending());
    }
    store.watch_head().wait_for(|head| *head == 1).await.unwrap();
    assert_eq!(numbers(&whole_log(&*store).await), [7]);
}

/// What a store must do with one append, told by the simplest means.
#[derive(Default)]
struct Model {
    streams: HashMap<u8, Vec<u128>>,
    /// Ids that were appended, with their stream.
    recent: HashSet<(u128, u8)>,
    head: u64,
}

impl Model {
    fn append(&mut self, name: u8, expected: ExpectedRevision, new: &[u128]) -> Option<u64> {
        let there = self.streams.get(&name).map_or(&[][..], Vec::as_slice);
        let known = |id: &u128| self.recent.contains(&(*id, name));
        let is_repeat = match expected {
            ExpectedRevision::Any | ExpectedRevision::StreamExists => new.iter().all(known),
            ExpectedRevision::NoStream => there.starts_with(new),
            ExpectedRevision::Exact(n) => there
                .get(usize::try_from(n).unwrap() + 1..)
                .is_some_and(|rest| rest.starts_with(new)),
        };
        let fits = match expected {
            ExpectedRevision::Any => !known(&new[0]),
            ExpectedRevision::StreamExists => !there.is_empty() && !known(&new[0]),
            ExpectedRevision::NoStream => there.is_empty(),
            ExpectedRevision::Exact(n) => there.len() as u64 == n + 1,
        };
        if !is_repeat && fits {
            self.streams.entry(name).or_default().extend(new);
            self.recent.extend(new.iter().map(|id| (*id, name)));
            self.head += new.len() as u64;
        }
        (is_repeat || fits).then_some(self.head)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_history_of_appends_ends_as_the_model_says(
        history in proptest::collection::vec(
            (0_u8..3, 0_u8..7, proptest::collection::vec(1_u128..5, 1..4)),
            1..60,
        )
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = EmbeddedStore::open(folder.path()).unwrap();
            let mut model = Model::default();
            for (name, expected, new) in history {
                let expected = match expected {
                    0 => ExpectedRevision::Any,
                    1 => ExpectedRevision::NoStream,
                    2 => ExpectedRevision::StreamExists,
                    n => ExpectedRevision::Exact(u64::from(n - 3)),
                };
                let sent = new.iter().copied().map(event).collect();
                let answer = store.append(&stream(&format!("a-{name}")), expected, sent).await;
                let wanted = model.append(name, expected, &new);
                prop_assert_eq!(answer.is_ok(), wanted.is_some(), "{:?} {:?}", expected, answer);
                prop_assert_eq!(store.head().await.unwrap(), model.head);
            }
            for (name, ids) in &model.streams {
                let name = stream(&format!("a-{name}"));
                prop_assert_eq!(&numbers(&store.read_stream(&name, 0, 1000).await.unwrap()), ids);
            }
            let page = store.read_all(0, &Filter::All, 1000).await.unwrap();
            prop_assert_eq!(page.scanned_to, model.head);
            Ok(())
        })?;
    }
}
