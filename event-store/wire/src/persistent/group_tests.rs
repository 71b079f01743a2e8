//! The group's decisions, one at a time.

use std::time::Duration;

use event_store::{ContentType, RecordedEvent, StreamName};
use tokio::time::Instant;
use uuid::Uuid;

use super::consumers::ConsumerId;
use super::group::{Group, Nack, Output, Ticket};
use super::message::Message;
use super::settings::{Settings, Strategy};
use crate::links::Resolved;

pub(super) fn id(revision: u64) -> Uuid {
    Uuid::from_u128(u128::from(revision) + 1)
}

pub(super) fn event(stream: &str, revision: u64, metadata: &str) -> Message {
    Message(Resolved::Plain(RecordedEvent {
        position: revision + 1,
        stream: StreamName::parse_any(stream).unwrap(),
        revision,
        id: id(revision),
        event_type: "happened".into(),
        created: 0,
        content_type: ContentType::Json,
        data: "{}".into(),
        metadata: metadata.to_owned().into(),
    }))
}

const A: ConsumerId = ConsumerId(1);
const B: ConsumerId = ConsumerId(2);

struct Driven {
    group: Group,
    now: Instant,
}

/// What was sent to whom, and as which attempt.
type Sent = Vec<(ConsumerId, u64, u32)>;

impl Driven {
    fn new(settings: Settings) -> Self {
        let now = Instant::now();
        Self { group: Group::new(settings, None, None, now), now }
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::for_tests();
        change(&mut settings);
        Self::new(settings)
    }

    fn read(&mut self, revisions: std::ops::Range<u64>) {
        for revision in revisions {
            self.group.read(revision, event("orders", revision, ""), self.now);
        }
    }

    fn outputs(&mut self) -> (Sent, Vec<(Ticket, String)>) {
        let mut sent = Vec::new();
        let mut parked = Vec::new();
        for output in self.group.take_outputs() {
            match output {
                Output::Send { consumer, message, retry_count, .. } => {
                    sent.push((consumer, message.original().revision, retry_count));
                }
                Output::Park { ticket, reason, .. } => parked.push((ticket, reason)),
                Output::Stop { .. } => {}
            }
        }
        (sent, parked)
    }

    fn sent(&mut self) -> Sent {
        self.outputs().0
    }

    fn ack(&mut self, consumer: ConsumerId, revisions: &[u64]) {
        let ids: Vec<Uuid> = revisions.iter().map(|revision| id(*revision)).collect();
        self.group.ack(consumer, &ids, self.now);
    }

    fn nack(&mut self, consumer: ConsumerId, revision: u64, nack: Nack) {
        self.group.nack(consumer, &[id(revision)], nack, "why", self.now);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.group.tick(self.now);
    }

    fn place(&self) -> Option<u64> {
        self.group.settled().place
    }
}

#[test]
fn a_consumer_gets_no_more_than_its_buffer_until_it_acknowledges() {
    let mut driven = Driven::with(|_| {});
    assert!(driven.group.join(A, 2, driven.now));
    driven.read(0..4);
    assert_eq!(driven.sent(), [(A, 0, 0), (A, 1, 0)]);
    driven.ack(A, &[1]);
    assert_eq!(driven.sent(), [(A, 2, 0)]);
}

#[test]
fn the_checkpoint_stays_before_the_first_event_that_is_not_settled() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 10, driven.now);
    driven.read(0..4);
    driven.ack(A, &[1, 2, 3]);
    assert_eq!(driven.place(), None, "the first event is still out");
    driven.ack(A, &[0]);
    assert_eq!(driven.place(), Some(3));
}

#[test]
fn an_event_that_is_being_parked_holds_the_checkpoint_until_it_is_parked() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 10, driven.now);
    driven.read(0..2);
    driven.ack(A, &[1]);
    driven.nack(A, 0, Nack::Park);
    let (_, parked) = driven.outputs();
    assert_eq!(parked, [(Ticket::Read(0), "the consumer parked it: why".to_owned())]);
    assert_eq!(driven.place(), None);
    driven.group.parked(Ticket::Read(0));
    assert_eq!(driven.place(), Some(1));
}

#[test]
fn an_event_that_is_not_acknowledged_in_time_goes_out_again_and_is_parked_in_the_end() {
    let mut driven = Driven::with(|settings| settings.max_retry_count = 2);
    driven.group.join(A, 1, driven.now);
    driven.read(0..1);
    for attempt in 0..3 {
        assert_eq!(driven.outputs(), (vec![(A, 0, attempt)], vec![]));
        driven.pass(Duration::from_millis(29_999));
        assert_eq!(driven.outputs(), (vec![], vec![]), "there was still a millisecond");
        driven.pass(Duration::from_millis(1));
    }
    let (sent, parked) = driven.outputs();
    assert_eq!((sent, parked.len()), (vec![], 1));
    assert!(parked[0].1.contains("2 retries"), "{parked:?}");
}

#[test]
fn without_a_message_timeout_a_consumer_may_take_for_ever() {
    let mut driven = Driven::with(|settings| settings.message_timeout_ms = 0);
    driven.group.join(A, 1, driven.now);
    driven.read(0..1);
    driven.sent();
    driven.pass(Duration::from_secs(1_000_000));
    assert_eq!(driven.sent(), []);
    assert_eq!(driven.group.next_deadline(), None);
}

#[test]
fn what_a_consumer_had_goes_to_another_when_its_connection_ends_and_counts_as_an_attempt() {
    let mut driven = Driven::with(|settings| settings.max_retry_count = 1);
    driven.group.join(A, 10, driven.now);
    driven.read(0..2);
    driven.sent();
    driven.group.join(B, 10, driven.now);
    driven.group.leave(A, driven.now);
    assert_eq!(driven.sent(), [(B, 0, 1), (B, 1, 1)]);
    driven.group.leave(B, driven.now);
    assert_eq!(driven.outputs().1.len(), 2, "both were tried twice");
}

#[test]
fn a_retried_event_goes_out_before_newer_ones() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 2, driven.now);
    driven.read(0..5);
    driven.sent();
    driven.nack(A, 1, Nack::Retry);
    assert_eq!(driven.sent(), [(A, 1, 1)]);
}

#[test]
fn a_nack_that_skips_settles_and_one_that_stops_gives_the_event_to_another() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 1, driven.now);
    driven.read(0..2);
    driven.sent();
    driven.nack(A, 0, Nack::Skip);
    assert_eq!(driven.sent(), [(A, 1, 0)]);
    assert_eq!(driven.place(), Some(0));
    driven.nack(A, 1, Nack::Stop);
    let outputs = driven.group.take_outputs();
    assert!(matches!(outputs[..], [Output::Stop { consumer: A }]), "{outputs:?}");
    driven.group.join(B, 1, driven.now);
    assert_eq!(driven.sent(), [(B, 1, 1)]);
}

#[test]
fn a_late_acknowledgement_counts_as_long_as_nobody_else_has_the_event() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 1, driven.now);
    driven.group.join(B, 1, driven.now);
    driven.read(0..1);
    assert_eq!(driven.sent(), [(A, 0, 0)]);
    driven.pass(Duration::from_secs(30));
    assert_eq!(driven.sent(), [(B, 0, 1)], "round robin");
    driven.ack(A, &[0]);
    assert_eq!(driven.place(), None, "B has it now, and may fail");
    driven.group.leave(A, driven.now);
    driven.ack(B, &[0]);
    assert_eq!(driven.place(), Some(0));
}

#[test]
fn replayed_events_come_first_and_do_not_move_the_checkpoint() {
    let mut driven = Driven::with(|_| {});
    driven.read(0..1);
    driven.group.replay(7, event("parked", 7, ""), driven.now);
    driven.group.join(A, 1, driven.now);
    assert_eq!(driven.sent(), [(A, 7, 0)]);
    assert!(driven.group.has_replayed());
    driven.ack(A, &[7]);
    assert!(!driven.group.has_replayed());
    assert_eq!(driven.place(), None);
    assert_eq!(driven.sent(), [(A, 0, 0)]);
}

#[test]
fn no_more_consumers_join_than_are_allowed() {
    let mut driven = Driven::with(|settings| settings.max_subscriber_count = 1);
    assert!(driven.group.join(A, 1, driven.now));
    assert!(!driven.group.join(B, 1, driven.now));
    driven.group.leave(A, driven.now);
    assert!(driven.group.join(B, 1, driven.now));
}

#[test]
fn a_checkpoint_is_due_after_enough_events_and_enough_time_or_many_events() {
    let mut driven = Driven::with(|settings| {
        settings.min_checkpoint_count = 2;
        settings.max_checkpoint_count = 4;
    });
    driven.group.join(A, 10, driven.now);
    driven.read(0..10);
    let due = |driven: &Driven| driven.group.due_checkpoint(driven.now).map(|due| due.place);
    driven.ack(A, &[0]);
    driven.pass(Duration::from_secs(2));
    assert_eq!(due(&driven), None, "one event is too little, however long");
    assert_eq!(driven.group.unwritten().and_then(|due| due.place), Some(0), "but not at the end");
    driven.ack(A, &[1]);
    assert_eq!(due(&driven), Some(Some(1)));
    let written = driven.group.due_checkpoint(driven.now).unwrap();
    driven.group.checkpoint_written(written, driven.now);
    driven.ack(A, &[2, 3, 4]);
    assert_eq!(due(&driven), None, "three are too little so soon");
    driven.ack(A, &[5]);
    assert_eq!(due(&driven), Some(Some(5)), "four are enough at once");
}

#[test]
fn a_group_that_wants_nothing_of_what_it_looks_at_moves_its_checkpoint_now_and_then() {
    let mut driven = Driven::with(|_| {});
    driven.group.looked_up_to(9_999);
    driven.pass(Duration::from_secs(2));
    assert_eq!(driven.group.due_checkpoint(driven.now), None);
    driven.group.looked_up_to(10_000);
    let due = driven.group.due_checkpoint(driven.now);
    assert_eq!(due.map(|due| due.place), Some(Some(10_000)));
}

#[test]
fn a_checkpoint_does_not_lead_to_the_next_one() {
    let mut driven = Driven::with(|settings| {
        settings.min_checkpoint_count = 0;
        settings.max_checkpoint_count = 0;
        settings.checkpoint_after_ms = 0;
    });
    driven.group.join(A, 1, driven.now);
    driven.read(0..1);
    driven.ack(A, &[0]);
    let due = driven.group.due_checkpoint(driven.now).expect("one event is enough");
    driven.group.checkpoint_written(due, driven.now);
    // The checkpoint is an event of the log too, and not one for the group.
    driven.group.looked_up_to(2);
    driven.pass(Duration::from_secs(60));
    assert_eq!(driven.group.due_checkpoint(driven.now), None);
    assert_eq!(driven.group.next_checkpoint(), None);
}

#[test]
fn nothing_is_read_while_nobody_consumes_or_the_buffer_is_full() {
    let mut driven = Driven::with(|settings| {
        settings.history_buffer_size = 3;
        settings.live_buffer_size = 5;
    });
    assert_eq!(driven.group.room(false), 0);
    driven.group.join(A, 1, driven.now);
    assert_eq!((driven.group.room(false), driven.group.room(true)), (3, 5));
    driven.read(0..4);
    assert_eq!((driven.group.room(false), driven.group.room(true)), (0, 2));
}

#[test]
fn dispatch_to_single_fills_the_first_consumer_and_round_robin_takes_turns() {
    let shares = |strategy| {
        let mut driven = Driven::with(|settings| settings.strategy = strategy);
        driven.group.join(A, 3, driven.now);
        driven.group.join(B, 3, driven.now);
        driven.read(0..4);
        driven.sent().into_iter().map(|(consumer, ..)| consumer).collect::<Vec<_>>()
    };
    assert_eq!(shares(Strategy::DispatchToSingle), [A, A, A, B]);
    assert_eq!(shares(Strategy::RoundRobin), [A, B, A, B]);
}

/// Who gets the events of which name, when each of 20 names has three events.
fn pinned(strategy: Strategy, message: impl Fn(u64, u64) -> Message) -> Vec<Vec<ConsumerId>> {
    let mut driven = Driven::with(|settings| settings.strategy = strategy);
    driven.group.join(A, 100, driven.now);
    driven.group.join(B, 100, driven.now);
    let mut got = vec![Vec::new(); 20];
    for revision in 0..60 {
        driven.group.read(revision, message(revision % 20, revision), driven.now);
        for (consumer, ..) in driven.sent() {
            got[usize::try_from(revision % 20).unwrap()].push(consumer);
        }
    }
    got
}

#[test]
fn pinned_events_of_a_stream_or_a_correlation_stay_with_one_consumer_and_both_have_some() {
    let by_stream =
        pinned(Strategy::Pinned, |name, revision| event(&format!("s-{name}"), revision, ""));
    let by_correlation = pinned(Strategy::PinnedByCorrelation, |name, revision| {
        let metadata = format!(r#"{{"$correlationId":"c-{name}"}}"#);
        event(&format!("s-{revision}"), revision, &metadata)
    });
    for got in [by_stream, by_correlation] {
        for consumers in &got {
            assert_eq!(consumers.len(), 3);
            assert!(consumers.iter().all(|consumer| *consumer == consumers[0]), "{got:?}");
        }
        assert!(got.iter().any(|consumers| consumers[0] == A));
        assert!(got.iter().any(|consumers| consumers[0] == B));
    }
}

#[test]
fn two_events_with_the_same_id_are_settled_one_by_one() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 10, driven.now);
    for place in [5, 9] {
        driven.group.read(place, event("orders", 0, ""), driven.now);
    }
    assert_eq!(driven.sent().len(), 2);
    driven.ack(A, &[0]);
    assert_eq!(driven.place(), Some(5));
    driven.ack(A, &[0]);
    assert_eq!(driven.place(), Some(9));
}

#[test]
fn what_a_connection_did_not_take_is_tried_again_later_and_counts_as_no_attempt() {
    let mut driven = Driven::with(|_| {});
    driven.group.join(A, 1, driven.now);
    driven.read(0..1);
    assert_eq!(driven.sent(), [(A, 0, 0)]);
    driven.group.undelivered(Ticket::Read(0));
    driven.group.join(B, 1, driven.now);
    assert_eq!(driven.sent(), [(B, 0, 0)], "A has stalled");
    driven.group.undelivered(Ticket::Read(0));
    driven.pass(Duration::from_millis(50));
    assert_eq!(driven.sent().len(), 1);
}
