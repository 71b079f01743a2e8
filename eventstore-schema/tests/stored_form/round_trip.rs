//! What was written reads back as it was.

use std::collections::BTreeSet;
use std::fmt::Debug;

use domain::booking::BookingDecider;
use domain::booking_cancellation::BookingCancellationDecider;
use domain::booking_fulfilment::BookingFulfilmentDecider;
use domain::flight::FlightDecider;
use domain::hold::HoldDecider;
use domain::payment::PaymentDecider;
use domain::seat_inventory::SeatInventoryDecider;
use eventstore_schema::{EVENT_TYPES, StoredDecider, StoredEvent};
use proptest::prelude::*;

use crate::events;
use crate::facts::facts;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_flight_event_reads_as_it_was_written(facts in facts()) {
        read_back::<FlightDecider>(events::flight(facts))?;
    }

    #[test]
    fn every_seat_inventory_event_reads_as_it_was_written(facts in facts()) {
        read_back::<SeatInventoryDecider>(events::seat_inventory(facts))?;
    }

    #[test]
    fn every_hold_event_reads_as_it_was_written(facts in facts()) {
        read_back::<HoldDecider>(events::hold(facts))?;
    }

    #[test]
    fn every_booking_event_reads_as_it_was_written(facts in facts()) {
        read_back::<BookingDecider>(events::booking(facts))?;
    }

    #[test]
    fn every_payment_event_reads_as_it_was_written(facts in facts()) {
        read_back::<PaymentDecider>(events::payment(facts))?;
    }

    #[test]
    fn every_fulfilment_event_reads_as_it_was_written(facts in facts()) {
        read_back::<BookingFulfilmentDecider>(events::fulfilment(facts))?;
    }

    #[test]
    fn every_cancellation_event_reads_as_it_was_written(facts in facts()) {
        read_back::<BookingCancellationDecider>(events::cancellation(facts))?;
    }
}

/// Each reads back, and they are of every type that the category has.
fn read_back<D: StoredDecider>(events: Vec<D::Event>) -> Result<(), TestCaseError>
where
    D::Event: PartialEq + Debug,
{
    let mut seen = BTreeSet::new();
    for event in events {
        let json = event.encode();
        let read = D::Event::decode(event.event_type(), &json)
            .map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        seen.insert(event.event_type());
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(read.encode(), json);
    }
    let category = |event_type: &&str| event_type.split('.').next() == Some(D::CATEGORY);
    let types: BTreeSet<&str> = EVENT_TYPES.iter().copied().filter(category).collect();
    prop_assert_eq!(seen, types);
    Ok(())
}
