//! Every event of a category, made of one draw.

use domain::booking::{Item, Locator, Traveller};
use domain::booking_cancellation::RefundDue;
use domain::booking_fulfilment::Ending;
use domain::flight::{Fare, Stop};
use domain::{
    BookingId, HoldId, OfferingId, PaymentId, booking, booking_cancellation, booking_fulfilment,
    flight, hold, payment, seat_inventory,
};

use crate::facts::Facts;

pub(crate) fn flight(facts: Facts) -> Vec<flight::Event> {
    let [airport, zone, carrier] = facts.texts;
    let stop = |place: usize| Stop {
        airport: airport.clone(),
        zone: zone.clone(),
        local: facts.locals[place],
        instant: facts.instants[place],
    };
    vec![flight::Event::Scheduled {
        flight_id: OfferingId(facts.ids[0]),
        number: facts.small,
        departure: stop(0),
        arrival: stop(1),
        distance_miles: facts.medium,
        fares: vec![Fare { price_class: carrier.clone(), price: facts.money[0] }],
        carrier,
        at: facts.instants[2],
    }]
}

pub(crate) fn seat_inventory(facts: Facts) -> Vec<seat_inventory::Event> {
    use seat_inventory::Event;
    let owner = facts.customer();
    let [at, expires_at, starts_at, sales_close_at] = facts.instants;
    let [hold_id, booking_id, offering_id] = facts.ids;
    let (hold_id, booking_id) = (HoldId(hold_id), BookingId(booking_id));
    let [price_source, price_stream, _] = facts.texts;
    let (seats, held) = (facts.seats, facts.held);
    vec![
        Event::Opened {
            offering_id: OfferingId(offering_id),
            layout: facts.layout,
            sales_close_at,
            starts_at,
            price_source,
            at,
        },
        Event::SeatsHeld {
            hold_id,
            owner,
            seats: held.clone(),
            price_stream,
            price_revision: facts.large,
            expires_at,
            at,
        },
        Event::HoldExtended { hold_id, expires_at, extension: facts.extension, at },
        Event::HoldReleased { hold_id, seats: seats.clone(), reason: facts.release, at },
        Event::HoldExpired { hold_id, seats: seats.clone(), expired_at: expires_at, at },
        Event::SeatsBooked { booking_id, hold_id, seats: held, at },
        Event::SeatsReturned { booking_id, seats, at },
    ]
}

pub(crate) fn hold(facts: Facts) -> Vec<hold::Event> {
    use hold::{Event, Part, PlacedPart};
    let owner = facts.customer();
    let [at, expires_at, ..] = facts.instants;
    let [hold_id, booking_id, offering_id] = facts.ids;
    let offering_id = OfferingId(offering_id);
    let [cause, ..] = facts.texts;
    let part = |selection| Part { offering_id, selection };
    vec![
        Event::Requested {
            hold_id: HoldId(hold_id),
            owner,
            parts: facts.selections.into_iter().map(part).collect(),
            expires_at,
            at,
        },
        Event::Placed { parts: vec![PlacedPart { offering_id, seats: facts.held }], at },
        Event::Refused { offering_id, cause, at },
        Event::Renewed { expires_at, at },
        Event::Released { at },
        Event::Expired { at },
        Event::Consumed { booking_id: BookingId(booking_id), at },
    ]
}

pub(crate) fn booking(facts: Facts) -> Vec<booking::Event> {
    use booking::Event;
    let owner = facts.customer();
    let [at, starts_at, payment_limit, _] = facts.instants;
    let [booking_id, payment_id, offering_id] = facts.ids;
    let payment_id = PaymentId(payment_id);
    let [total, refund, penalty] = facts.money;
    let [locator, method, price_class] = facts.texts;
    let item = |seat| Item {
        offering_id: OfferingId(offering_id),
        starts_at,
        seat,
        price_class: price_class.clone(),
        price: total,
        traveller: facts.small,
    };
    let traveller = |details| Traveller { number: facts.small, details };
    vec![
        Event::Begun {
            booking_id: BookingId(booking_id),
            locator: Locator(locator.into()),
            owner,
            hold: facts.hold,
            items: facts.seats.into_iter().map(item).collect(),
            contact: facts.sealed[0].clone(),
            travellers: facts.sealed.into_iter().map(traveller).collect(),
            total,
            payment_limit,
            at,
        },
        Event::PaymentStarted { payment_id, method, at },
        Event::Confirmed { payment_id, at },
        Event::Failed { reason: facts.failure, at },
        Event::Expired { at },
        Event::Cancelled { refund, penalty, policy_version: facts.small, starts_at, at },
    ]
}

pub(crate) fn payment(facts: Facts) -> Vec<payment::Event> {
    use payment::Event;
    let [at, ..] = facts.instants;
    let [booking_id, payment_id, refund_id] = facts.ids;
    let booking_id = BookingId(booking_id);
    let [amount, ..] = facts.money;
    let [method, reference, reason] = facts.texts;
    vec![
        Event::Started { payment_id: PaymentId(payment_id), booking_id, amount, method, at },
        Event::Authorised { booking_id, reference, at },
        Event::Declined { booking_id, reason, at },
        Event::CaptureRequested { booking_id, at },
        Event::Captured { booking_id, amount, at },
        Event::VoidRequested { booking_id, at },
        Event::Voided { booking_id, at },
        Event::RefundRequested { booking_id, refund_id, amount, at },
        Event::Refunded { booking_id, refund_id, amount, at },
    ]
}

pub(crate) fn fulfilment(facts: Facts) -> Vec<booking_fulfilment::Event> {
    use booking_fulfilment::{Event, Part};
    let owner = facts.customer();
    let [at, ..] = facts.instants;
    let [booking_id, payment_id, offering_id] = facts.ids;
    let offering_id = OfferingId(offering_id);
    let [method, cause, _] = facts.texts;
    vec![
        Event::Begun {
            booking_id: BookingId(booking_id),
            payment_id: PaymentId(payment_id),
            amount: facts.money[0],
            method,
            owner,
            hold: facts.hold,
            parts: vec![Part { offering_id, seats: facts.held }],
            at,
        },
        Event::HoldsExtended { at },
        Event::PaymentAuthorised { at },
        Event::PaymentDeclined { at },
        Event::SeatsBooked { offering_id, at },
        Event::SeatsRefused { offering_id, cause, at },
        Event::PaymentCaptured { at },
        Event::SeatsGivenBack { offering_id, at },
        Event::PaymentVoided { at },
        Event::Completed { ending: Ending::Confirmed, at },
        Event::Completed { ending: Ending::Failed(facts.failure), at },
    ]
}

pub(crate) fn cancellation(facts: Facts) -> Vec<booking_cancellation::Event> {
    use booking_cancellation::Event;
    let [at, ..] = facts.instants;
    let [booking_id, payment_id, refund_id] = facts.ids;
    let offering_id = OfferingId(booking_id);
    let refund = RefundDue { payment_id: PaymentId(payment_id), refund_id, amount: facts.money[0] };
    let begun = |refund| Event::Begun {
        booking_id: BookingId(booking_id),
        hold: facts.hold,
        offerings: vec![offering_id; facts.seats.len()],
        refund,
        at,
    };
    vec![
        begun(None),
        begun(Some(refund)),
        Event::SeatsGivenBack { offering_id, at },
        Event::RefundPaid { at },
    ]
}
