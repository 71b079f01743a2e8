//! What the ledger must notice: if it noticed less, no proof would prove anything.

use event_store::{Appended, ContentType, NewEvent, RecordedEvent, StreamName};
use torture::batch::{BatchId, Load};
use torture::ledger::Ledger;
use torture::report::{Refusal, Report};

fn load() -> Load {
    Load { seed: 7, writers: 2, streams: 2, event_bytes: 30 }
}

fn id(number: u32) -> BatchId {
    BatchId { round: 0, writer: 0, number }
}

/// The log of these batches, in this order.
fn log(batches: &[u32]) -> Vec<RecordedEvent> {
    let mut log = Vec::new();
    for number in batches {
        let (stream, events) = load().batch(id(*number));
        for event in events {
            append(&mut log, &stream, event);
        }
    }
    log
}

fn append(log: &mut Vec<RecordedEvent>, stream: &StreamName, event: NewEvent) {
    log.push(RecordedEvent {
        position: log.len() as u64 + 1,
        stream: stream.clone(),
        revision: log.iter().filter(|before| before.stream == *stream).count() as u64,
        id: event.id,
        event_type: event.event_type,
        created: 0,
        content_type: event.content_type,
        data: event.data,
        metadata: event.metadata,
    });
}

/// Batches 0, 1 and 2 were acknowledged, where the log has them.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new(load());
    let log = log(&[0, 1, 2]);
    let mut from = 0;
    for number in 0..3 {
        let end = from + load().batch(id(number)).1.len();
        let appended = Appended {
            first_revision: log[from].revision,
            last_revision: log[end - 1].revision,
            position: end as u64,
        };
        ledger.note(&Report::Acked(id(number), appended));
        from = end;
    }
    ledger
}

#[test]
fn a_whole_log_is_as_it_should_be_also_with_a_batch_that_nobody_answered() {
    assert_eq!(ledger().check(&log(&[0, 1, 2])), Ok(()));
    assert_eq!(ledger().check(&log(&[0, 1, 2, 3])), Ok(()));
}

#[test]
fn a_missing_or_misplaced_acknowledged_batch_is_noticed() {
    for batches in [&[0, 1][..], &[0, 2], &[1, 0, 2], &[]] {
        assert!(ledger().check(&log(batches)).is_err(), "{batches:?}");
    }
}

#[test]
fn half_a_batch_is_noticed_whether_acknowledged_or_not() {
    for batches in [&[0, 1, 2][..], &[0, 1, 2, 3]] {
        let whole = log(batches);
        let last = load().batch(id(*batches.last().unwrap())).1.len();
        for missing in 1..last {
            assert!(ledger().check(&whole[..whole.len() - missing]).is_err(), "{missing}");
        }
    }
}

#[test]
fn a_batch_that_was_refused_or_is_there_twice_is_noticed() {
    let mut refusing = ledger();
    refusing.note(&Report::Refused(id(3), Refusal::Unavailable));
    assert!(refusing.check(&log(&[0, 1, 2, 3])).is_err());
    assert!(ledger().check(&log(&[0, 1, 2, 1])).is_err());
}

#[test]
fn any_change_of_an_event_is_noticed() {
    type Change = fn(&mut RecordedEvent);
    let changes: [Change; 8] = [
        |event| event.position += 1,
        |event| event.revision += 1,
        |event| event.stream = StreamName::of("torture", "other"),
        |event| event.id = uuid::Uuid::max(),
        |event| event.event_type = "torture.other.v1".into(),
        |event| event.data = b"other".as_slice().into(),
        |event| event.metadata = b"other".as_slice().into(),
        |event| {
            event.content_type = match event.content_type {
                ContentType::Json => ContentType::Binary,
                ContentType::Binary => ContentType::Json,
            }
        },
    ];
    let whole = log(&[0, 1, 2]);
    for (number, change) in changes.iter().enumerate() {
        for at in 0..whole.len() {
            let mut log = whole.clone();
            change(&mut log[at]);
            assert!(ledger().check(&log).is_err(), "change {number} of event {at}");
        }
    }
}

#[test]
fn what_one_check_found_the_next_one_must_find() {
    let mut ledger = Ledger::new(load());
    ledger.remember(&log(&[0, 1, 2]));
    assert_eq!(ledger.check(&log(&[0, 1, 2, 3])), Ok(()));
    assert!(ledger.check(&log(&[0, 1])).is_err());
    assert!(ledger.check(&log(&[0, 2, 1])).is_err());
}
