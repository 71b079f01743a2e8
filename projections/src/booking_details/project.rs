use chrono::{DateTime, Utc};
use domain::{Money, Sealed, booking, payment};
use eventstore_schema::AnyEvent;
use read_models::Price;
use read_models::booking::{
    BookingDocument, BookingState, ItemLine, MoneyLine, PaymentLine, SealedData, TravellerLine,
};
use uuid::Uuid;

use crate::event::Place;

/// A row of `booking`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BookingRow {
    pub(crate) booking_id: Uuid,
    pub(crate) owner: String,
    pub(crate) locator: String,
    pub(crate) state: BookingState,
    pub(crate) version: i64,
    pub(crate) begun_at: DateTime<Utc>,
    pub(crate) document: BookingDocument,
    pub(crate) position: i64,
}

/// The booking that an event is about.
pub(crate) fn subject(place: Place, event: &AnyEvent) -> Option<Uuid> {
    match event {
        AnyEvent::Booking(_) => Some(place.id),
        AnyEvent::Payment(event) => Some(payment_of(event).0),
        _ => None,
    }
}

/// The booking's row after an event. A row refuses what is older than itself; and nothing but its
/// beginning makes one.
pub(crate) fn project(
    row: Option<BookingRow>,
    place: Place,
    event: &AnyEvent,
) -> Option<BookingRow> {
    if row.as_ref().is_some_and(|row| row.position >= place.position) {
        return row;
    }
    match event {
        AnyEvent::Booking(event) => project_booking(row, place, event),
        AnyEvent::Payment(event) => row.map(|mut row| {
            project_payment(&mut row.document, place, event);
            row.document.changed_by_payment = true;
            row.position = place.position;
            row
        }),
        _ => row,
    }
}

fn project_booking(
    row: Option<BookingRow>,
    place: Place,
    event: &booking::Event,
) -> Option<BookingRow> {
    if let Some(begun) = begin(place, event) {
        return Some(begun);
    }
    let mut row = row?;
    let document = &mut row.document;
    row.state = match event {
        booking::Event::Begun { .. } => row.state,
        booking::Event::PaymentStarted { payment_id, method, .. } => {
            document.payment = Some(started(payment_id.0, method));
            BookingState::Paying
        }
        booking::Event::Confirmed { .. } => BookingState::Confirmed,
        booking::Event::Failed { reason, .. } => {
            document.failure = Some(failure(*reason).to_owned());
            BookingState::Failed
        }
        booking::Event::Expired { .. } => BookingState::Expired,
        booking::Event::Cancelled { refund, penalty, .. } => {
            document.money.refund_due = refund.amount;
            document.money.penalty = penalty.amount;
            BookingState::Cancelled
        }
    };
    document.changed_by_payment = false;
    row.version = place.revision;
    row.position = place.position;
    Some(row)
}

fn begin(place: Place, event: &booking::Event) -> Option<BookingRow> {
    let booking::Event::Begun {
        booking_id,
        locator,
        owner,
        hold: _,
        items,
        travellers,
        contact,
        total,
        payment_limit,
        at,
    } = event
    else {
        return None;
    };
    Some(BookingRow {
        booking_id: booking_id.0,
        owner: owner.to_string(),
        locator: locator.to_string(),
        state: BookingState::AwaitingPayment,
        version: place.revision,
        begun_at: *at,
        document: BookingDocument {
            items: items.iter().map(item).collect(),
            travellers: travellers
                .iter()
                .map(|traveller| TravellerLine {
                    number: traveller.number,
                    details: sealed(&traveller.details),
                })
                .collect(),
            contact: sealed(contact),
            money: MoneyLine {
                currency: total.currency.to_string(),
                total: total.amount,
                captured: 0,
                refunded: 0,
                refund_due: 0,
                penalty: 0,
            },
            payment_limit: *payment_limit,
            payment: None,
            failure: None,
            changed_by_payment: false,
        },
        position: place.position,
    })
}

fn project_payment(document: &mut BookingDocument, place: Place, event: &payment::Event) {
    if let payment::Event::Started { payment_id, method, .. } = event {
        document.payment = Some(started(payment_id.0, method));
    }
    let money = &mut document.money;
    match event {
        payment::Event::Captured { amount, .. } => {
            money.captured = money.captured.saturating_add(amount.amount);
        }
        payment::Event::Refunded { amount, .. } => {
            money.refunded = money.refunded.saturating_add(amount.amount);
        }
        payment::Event::Started { .. }
        | payment::Event::Authorised { .. }
        | payment::Event::Declined { .. }
        | payment::Event::CaptureRequested { .. }
        | payment::Event::VoidRequested { .. }
        | payment::Event::Voided { .. }
        | payment::Event::RefundRequested { .. } => {}
    }
    let of_this_payment = document.payment.as_mut().filter(|line| line.payment_id == place.id);
    if let Some(line) = of_this_payment {
        payment_of(event).1.clone_into(&mut line.status);
        if let payment::Event::Declined { reason, .. } = event {
            line.declined = Some(reason.clone());
        }
    }
}

/// The booking that a payment's event names, and how far the payment has come.
fn payment_of(event: &payment::Event) -> (Uuid, &'static str) {
    let (booking_id, status) = match event {
        payment::Event::Started { booking_id, .. } => (booking_id, "started"),
        payment::Event::Authorised { booking_id, .. } => (booking_id, "authorised"),
        payment::Event::Declined { booking_id, .. } => (booking_id, "declined"),
        payment::Event::CaptureRequested { booking_id, .. } => (booking_id, "capturing"),
        payment::Event::Captured { booking_id, .. } => (booking_id, "captured"),
        payment::Event::VoidRequested { booking_id, .. } => (booking_id, "voiding"),
        payment::Event::Voided { booking_id, .. } => (booking_id, "voided"),
        payment::Event::RefundRequested { booking_id, .. } => (booking_id, "refunding"),
        payment::Event::Refunded { booking_id, .. } => (booking_id, "refunded"),
    };
    (booking_id.0, status)
}

fn started(payment_id: Uuid, method: &str) -> PaymentLine {
    PaymentLine {
        payment_id,
        method: method.to_owned(),
        status: "started".to_owned(),
        declined: None,
    }
}

fn failure(reason: booking::FailureReason) -> &'static str {
    match reason {
        booking::FailureReason::PaymentDeclined => "payment_declined",
        booking::FailureReason::SeatsLost => "seats_lost",
    }
}

fn item(item: &booking::Item) -> ItemLine {
    ItemLine {
        offering_id: item.offering_id.0,
        starts_at: item.starts_at,
        seat: item.seat.to_string(),
        price_class: item.price_class.to_string(),
        price: price(item.price),
        traveller: item.traveller,
    }
}

fn price(money: Money) -> Price {
    Price { amount: money.amount, currency: money.currency.to_string() }
}

fn sealed(sealed: &Sealed) -> SealedData {
    SealedData {
        subject: sealed.subject.to_string(),
        key_version: sealed.key_version,
        nonce: sealed.nonce.clone(),
        ciphertext: sealed.ciphertext.clone(),
    }
}
