use std::collections::HashMap;

use domain::payment::Event;
use domain::{BookingId, Money, PaymentId, booking, booking_cancellation};
use event_store::RecordedEvent;

use super::report::{Place, Section, id_of};
use super::sales::{Sale, Status};

/// What was captured and paid back, and the bookings it belongs to, by the words of the events
/// alone.
#[derive(Default)]
pub(super) struct Till {
    sales: HashMap<BookingId, Sale>,
    payments: HashMap<PaymentId, Paid>,
    pub(super) section: Section,
    pub(super) under_way: u64,
}

struct Paid {
    booking_id: BookingId,
    amount: Money,
    captured: bool,
    refunded: i64,
    place: Place,
}

/// The payments of one booking together.
#[derive(Default)]
struct Total {
    captures: usize,
    by: Option<PaymentId>,
    captured: Option<Money>,
    refunded: i64,
}

impl Till {
    pub(super) fn see_booking(&mut self, recorded: &RecordedEvent, event: &booking::Event) {
        let Some(booking_id) = id_of(&recorded.stream).map(BookingId) else {
            return self.section.found(recorded, "its stream is not named by a booking's id");
        };
        match (self.sales.get_mut(&booking_id), Sale::begun(recorded, event)) {
            (Some(sale), _) => sale.see(recorded, event),
            (None, Some(sale)) => {
                self.sales.insert(booking_id, sale);
            }
            (None, None) => self.section.found(recorded, "its booking never began"),
        }
    }

    pub(super) fn see_cancellation(
        &mut self,
        recorded: &RecordedEvent,
        event: &booking_cancellation::Event,
    ) {
        let sale = id_of(&recorded.stream).and_then(|id| self.sales.get_mut(&BookingId(id)));
        if let (booking_cancellation::Event::RefundPaid { .. }, Some(sale)) = (event, sale) {
            sale.refund_paid = true;
        }
    }

    pub(super) fn see_payment(&mut self, recorded: &RecordedEvent, event: &Event) {
        let Some(payment_id) = id_of(&recorded.stream).map(PaymentId) else {
            return self.section.found(recorded, "its stream is not named by a payment's id");
        };
        if let Event::Started { booking_id, amount, .. } = event {
            let (booking_id, amount, place) = (*booking_id, *amount, Place::of(recorded));
            let paid = Paid { booking_id, amount, captured: false, refunded: 0, place };
            self.payments.insert(payment_id, paid);
            return;
        }
        let Some(paid) = self.payments.get_mut(&payment_id) else {
            return self.section.found(recorded, "its payment never started");
        };
        match event {
            Event::Captured { amount, .. } => {
                paid.place = Place::of(recorded);
                if std::mem::replace(&mut paid.captured, true) {
                    self.section.found(recorded, "it is captured a second time");
                } else if *amount != paid.amount {
                    self.section.found(recorded, "another amount is captured than was authorised");
                }
            }
            Event::Voided { .. } if paid.captured => {
                self.section.found(recorded, "it is let go after it was captured");
            }
            Event::Refunded { amount, .. } => {
                paid.place = Place::of(recorded);
                paid.refunded = paid.refunded.saturating_add(amount.amount);
                let same = amount.currency == paid.amount.currency && amount.amount > 0;
                if !same || !paid.captured || paid.refunded > paid.amount.amount {
                    self.section.found(recorded, "more is paid back than was captured");
                }
            }
            _ => {}
        }
    }

    /// Holds the bookings against the payments and the seats, once the log is at its end.
    pub(super) fn settle(&mut self, booked: &HashMap<BookingId, usize>) {
        let totals = self.totals();
        self.section.checked = self.sales.len() as u64;
        let none = Total::default();
        for (booking_id, sale) in &self.sales {
            let total = totals.get(booking_id).unwrap_or(&none);
            let seats = booked.get(booking_id).copied().unwrap_or_default();
            let stream = format!("booking-{booking_id}");
            match verdict(sale, total, seats) {
                Verdict::Settled => {}
                Verdict::UnderWay => self.under_way = self.under_way.saturating_add(1),
                Verdict::Wrong(what) => {
                    let Place { position, revision } = sale.place;
                    self.section.found_at(position, &stream, revision, what);
                }
            }
        }
        for (payment_id, paid) in &self.payments {
            if paid.captured && !self.sales.contains_key(&paid.booking_id) {
                let Place { position, revision } = paid.place;
                let stream = format!("payment-{payment_id}");
                self.section.found_at(position, &stream, revision, "it paid for no booking");
            }
        }
        self.section.findings.sort_by_key(|finding| finding.position);
    }

    fn totals(&self) -> HashMap<BookingId, Total> {
        let mut totals: HashMap<BookingId, Total> = HashMap::new();
        for (payment_id, paid) in self.payments.iter().filter(|(_, paid)| paid.captured) {
            let total = totals.entry(paid.booking_id).or_default();
            total.captures = total.captures.saturating_add(1);
            total.by = Some(*payment_id);
            total.captured = Some(paid.amount);
            total.refunded = total.refunded.saturating_add(paid.refunded);
        }
        totals
    }
}

enum Verdict {
    Settled,
    UnderWay,
    Wrong(&'static str),
}

fn verdict(sale: &Sale, paid: &Total, seats: usize) -> Verdict {
    let paid_once = paid.captures == 1 && paid.captured == Some(sale.total);
    match sale.status {
        Status::AwaitingPayment | Status::Failed | Status::Expired if paid.captures > 0 => {
            Verdict::Wrong("money was captured for it, and it is not paid by that")
        }
        Status::AwaitingPayment | Status::Failed | Status::Expired if seats > 0 => {
            Verdict::Wrong("it has seats, and is not paid")
        }
        Status::AwaitingPayment | Status::Failed | Status::Expired => Verdict::Settled,
        Status::Paying if paid.captures > 0 && !paid_once => {
            Verdict::Wrong("what was captured for it is not its total, once")
        }
        Status::Paying => Verdict::UnderWay,
        Status::Confirmed(payment_id) if !paid_once || paid.by != Some(payment_id) => {
            Verdict::Wrong("it is confirmed, and its total was not captured, once, by its payment")
        }
        Status::Confirmed(_) if paid.refunded != 0 => {
            Verdict::Wrong("it is confirmed, and money was paid back")
        }
        Status::Confirmed(_) if seats != sale.seats => {
            Verdict::Wrong("it is paid, and does not have the seats it is for")
        }
        Status::Confirmed(_) => Verdict::Settled,
        Status::Cancelled { paid_by, refund } => cancelled(sale, paid, seats, paid_by, refund),
    }
}

fn cancelled(
    sale: &Sale,
    paid: &Total,
    seats: usize,
    paid_by: Option<PaymentId>,
    refund: Money,
) -> Verdict {
    let paid_once = paid.captures == 1 && paid.captured == Some(sale.total) && paid.by == paid_by;
    match paid_by {
        None if paid.captures > 0 => Verdict::Wrong("it was cancelled unpaid, and money captured"),
        Some(_) if !paid_once => Verdict::Wrong("it was paid, and its total not captured, once"),
        _ if paid.refunded > refund.amount => Verdict::Wrong("more was paid back than agreed"),
        _ if sale.refund_paid && paid.refunded != refund.amount => {
            Verdict::Wrong("its refund is said to be paid, and is not what was agreed")
        }
        _ if paid.refunded < refund.amount || seats > 0 => Verdict::UnderWay,
        _ => Verdict::Settled,
    }
}
