use domain::booking::Event;
use domain::{Money, PaymentId};
use event_store::RecordedEvent;

use super::report::Place;

/// A booking, as far as its money goes.
pub(super) struct Sale {
    pub(super) total: Money,
    pub(super) seats: usize,
    pub(super) status: Status,
    /// Its cancellation says that the refund is paid.
    pub(super) refund_paid: bool,
    pub(super) place: Place,
}

#[derive(Clone, Copy)]
pub(super) enum Status {
    AwaitingPayment,
    Paying,
    Confirmed(PaymentId),
    Failed,
    Expired,
    Cancelled { paid_by: Option<PaymentId>, refund: Money },
}

impl Sale {
    /// A new sale, when the event begins one.
    pub(super) fn begun(recorded: &RecordedEvent, event: &Event) -> Option<Self> {
        match event {
            Event::Begun { items, total, .. } => Some(Self {
                total: *total,
                seats: items.len(),
                status: Status::AwaitingPayment,
                refund_paid: false,
                place: Place::of(recorded),
            }),
            _ => None,
        }
    }

    /// What a further event means for it.
    pub(super) fn see(&mut self, recorded: &RecordedEvent, event: &Event) {
        self.place = Place::of(recorded);
        self.status = match event {
            Event::Begun { .. } => Status::AwaitingPayment,
            Event::PaymentStarted { .. } => Status::Paying,
            Event::Confirmed { payment_id, .. } => Status::Confirmed(*payment_id),
            Event::Failed { .. } => Status::Failed,
            Event::Expired { .. } => Status::Expired,
            Event::Cancelled { refund, .. } => {
                let paid_by = match self.status {
                    Status::Confirmed(payment_id) => Some(payment_id),
                    _ => None,
                };
                Status::Cancelled { paid_by, refund: *refund }
            }
        };
    }
}
