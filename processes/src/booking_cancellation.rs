use std::collections::BTreeSet;

use domain::booking;
use domain::booking_cancellation::{Cancellation, Command, RefundDue, State, Step, react};
use domain::hold::{self, HoldRef};
use domain::seat_inventory::ReleaseReason;
use domain::{BookingId, Instant, OfferingId, payment};
use event_store::StreamName;
use eventstore_schema::AnyEvent;
use futures_util::future::BoxFuture;

use crate::Tools;
use crate::booking_fulfilment::give_seats_back;
use crate::open_items::Cause;
use crate::runner::{Process, Reaction};
use crate::step::{StepError, context};
use aggregates::{Context, ExecuteError};

/// A cancelled booking's refund and seats. The rules are `domain::booking_cancellation`; this
/// carries its steps out.
pub(crate) struct BookingCancellation {
    pub(crate) tools: Tools,
}

impl Process for BookingCancellation {
    type Key = BookingId;
    const NAME: &'static str = "booking_cancellation";
    const CATEGORIES: &'static [&'static str] = &["booking"];

    fn react(stream: &StreamName, event: &AnyEvent) -> Vec<Reaction<BookingId>> {
        let (AnyEvent::Booking(booking::Event::Cancelled { .. }), Ok(key)) =
            (event, stream.id().parse())
        else {
            return vec![];
        };
        vec![Reaction::at_once(key)]
    }

    fn carry_out(
        &self,
        key: BookingId,
        cause: Cause,
        _now: Instant,
    ) -> BoxFuture<'static, Result<(), StepError>> {
        let run = Run { tools: self.tools.clone(), booking_id: key, cause };
        Box::pin(run.complete())
    }
}

struct Run {
    tools: Tools,
    booking_id: BookingId,
    cause: Cause,
}

impl Run {
    async fn complete(self) -> Result<(), StepError> {
        self.begin().await?;
        loop {
            let loaded = self.tools.aggregates.cancellations.load(self.booking_id).await?;
            let State::Begun(cancellation) = &*loaded.state else { return Ok(()) };
            let Some(step) = react(cancellation) else { break };
            let outcome = self.carry_out(cancellation, step).await?;
            let name = format!("record {:?}", loaded.revision);
            self.tools
                .aggregates
                .cancellations
                .execute(self.booking_id, outcome, self.context(&name))
                .await?;
        }
        Ok(())
    }

    async fn begin(&self) -> Result<(), StepError> {
        let loaded = self.tools.aggregates.bookings.load(self.booking_id).await?;
        let booking::State::Begun(booking) = &*loaded.state else {
            return Err(StepError::Unexpected("a cancellation of no booking".into()));
        };
        let booking::Status::Cancelled { payment_id, terms } = booking.status else {
            return Err(StepError::Unexpected("the booking is not cancelled".into()));
        };
        // The booking's id serves as the refund's: a booking is cancelled once.
        let refund = payment_id.filter(|_| terms.refund.amount > 0).map(|payment_id| RefundDue {
            payment_id,
            refund_id: self.booking_id.0,
            amount: terms.refund,
        });
        let offerings: BTreeSet<OfferingId> =
            booking.items.iter().map(|item| item.offering_id).collect();
        let command = Command::Begin {
            booking_id: self.booking_id,
            hold: booking.hold,
            offerings: offerings.into_iter().collect(),
            refund,
            at: self.now(),
        };
        let aggregates = &self.tools.aggregates;
        aggregates.cancellations.execute(self.booking_id, command, self.context("begin")).await?;
        Ok(())
    }

    async fn carry_out(&self, c: &Cancellation, step: Step) -> Result<Command, StepError> {
        match step {
            Step::PayRefund(refund) => self.pay_refund(refund).await,
            Step::GiveSeatsBack(offering_id) => {
                let reason = ReleaseReason::BookingCancelled;
                let context = |what: &str| self.context(what);
                give_seats_back(&self.tools, offering_id, c.booking_id, c.hold, reason, context)
                    .await?;
                if let HoldRef::Several(hold_id) = c.hold {
                    self.release_hold(hold_id).await?;
                }
                Ok(Command::RecordSeatsGivenBack { offering_id, at: self.now() })
            }
        }
    }

    async fn pay_refund(&self, refund: RefundDue) -> Result<Command, StepError> {
        let RefundDue { payment_id, refund_id, amount } = refund;
        let payments = &self.tools.aggregates.payments;
        let request = payment::Command::RequestRefund { refund_id, amount, at: self.now() };
        payments.execute(payment_id, request, self.context("request refund")).await?;
        self.tools.gateway.refund(payment_id.0, refund_id, amount).await?;
        let record = payment::Command::RecordRefunded { refund_id, at: self.now() };
        payments.execute(payment_id, record, self.context("record refunded")).await?;
        Ok(Command::RecordRefundPaid { at: self.now() })
    }

    async fn release_hold(&self, hold_id: domain::HoldId) -> Result<(), StepError> {
        let command = hold::Command::Release { at: self.now() };
        let holds = &self.tools.aggregates.holds;
        match holds.execute(hold_id, command, self.context("end hold")).await {
            Ok(_) | Err(ExecuteError::Rejected(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn now(&self) -> Instant {
        (self.tools.clock)()
    }

    fn context(&self, what: &str) -> Context {
        context(BookingCancellation::NAME, self.booking_id.0, what, self.cause, self.now())
    }
}
