use chrono::TimeDelta;
use domain::booking::{self, FailureReason};
use domain::booking_fulfilment::{Begin, Command, Ending, Fulfilment, Part, State, Step, react};
use domain::hold::HoldRef;
use domain::seat_inventory::{self, Extension, HeldSeat, ReleaseReason};
use domain::{BookingId, Instant, OfferingId, hold, payment};
use event_store::StreamName;
use eventstore_schema::AnyEvent;
use futures_util::future::BoxFuture;

use crate::Tools;
use crate::gateway::Authorisation;
use crate::open_items::Cause;
use crate::runner::{Process, Reaction};
use crate::step::{StepError, context};
use aggregates::{Context, ExecuteError};

/// How much longer a hold lives while it is being paid.
const TIME_TO_PAY: TimeDelta = TimeDelta::minutes(15);

/// From a started payment to a confirmed booking, or to none. The rules are
/// `domain::booking_fulfilment`; this carries its steps out.
pub(crate) struct BookingFulfilment {
    pub(crate) tools: Tools,
}

impl Process for BookingFulfilment {
    type Key = BookingId;
    const NAME: &'static str = "booking_fulfilment";
    const CATEGORIES: &'static [&'static str] = &["booking"];

    fn react(stream: &StreamName, event: &AnyEvent) -> Vec<Reaction<BookingId>> {
        let (AnyEvent::Booking(booking::Event::PaymentStarted { .. }), Ok(key)) =
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
            let loaded = self.tools.aggregates.fulfilments.load(self.booking_id).await?;
            let State::Begun(fulfilment) = &*loaded.state else { return Ok(()) };
            let Some(step) = react(fulfilment) else { return Ok(()) };
            let outcome = self.carry_out(fulfilment, step).await?;
            let name = format!("record {:?}", loaded.revision);
            self.tools
                .aggregates
                .fulfilments
                .execute(self.booking_id, outcome, self.context(&name))
                .await?;
        }
    }

    async fn begin(&self) -> Result<(), StepError> {
        let loaded = self.tools.aggregates.bookings.load(self.booking_id).await?;
        let booking::State::Begun(booking) = &*loaded.state else {
            return Err(StepError::Unexpected("a payment of no booking".into()));
        };
        // Once it has begun, the booking's status no longer matters here.
        let booking::Status::Paying { payment_id } = booking.status else { return Ok(()) };
        let command = Command::Begin(Begin {
            booking_id: self.booking_id,
            payment_id,
            amount: booking.total,
            method: booking.payment_method.clone(),
            owner: booking.owner.clone(),
            hold: booking.hold,
            parts: parts_of(booking),
            at: self.now(),
        });
        let aggregates = &self.tools.aggregates;
        aggregates.fulfilments.execute(self.booking_id, command, self.context("begin")).await?;
        Ok(())
    }

    async fn carry_out(&self, f: &Fulfilment, step: Step) -> Result<Command, StepError> {
        match step {
            Step::ExtendHolds => self.extend_holds(f).await,
            Step::AuthorisePayment => self.authorise(f).await,
            Step::BookSeats(part) => self.book_seats(f, part).await,
            Step::CapturePayment => self.capture(f).await,
            Step::GiveSeatsBack(offering_id) => {
                give_seats_back(
                    &self.tools,
                    offering_id,
                    f.booking_id,
                    f.hold,
                    ReleaseReason::BookingFailed,
                    |what| self.context(what),
                )
                .await?;
                Ok(Command::RecordSeatsGivenBack { offering_id, at: self.now() })
            }
            Step::VoidPayment => self.void(f).await,
            Step::TellBooking(ending) => self.tell_booking(f, ending).await,
        }
    }

    async fn extend_holds(&self, f: &Fulfilment) -> Result<Command, StepError> {
        for (part, _) in &f.parts {
            let offering_id = part.offering_id;
            let command = seat_inventory::Command::Extend {
                hold_id: f.hold.hold_id(),
                owner: f.owner.clone(),
                expires_at: self.now() + TIME_TO_PAY,
                extension: Extension::Payment,
                at: self.now(),
            };
            let context = self.context(&format!("extend {offering_id}"));
            let inventories = &self.tools.aggregates.seat_inventories;
            match inventories.execute(offering_id, command, context).await {
                // A hold that is over may still become a booking, if nobody took its seats: booking
                // them decides, and no money is captured before.
                Ok(_)
                | Err(ExecuteError::Rejected(
                    seat_inventory::Rejection::HoldExpired { .. }
                    | seat_inventory::Rejection::NoSuchHold,
                )) => {}
                Err(ExecuteError::Rejected(rejection)) => {
                    return Ok(self.refused(offering_id, &rejection));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Command::RecordHoldsExtended { at: self.now() })
    }

    async fn authorise(&self, f: &Fulfilment) -> Result<Command, StepError> {
        let start = payment::Command::Start {
            payment_id: f.payment_id,
            booking_id: f.booking_id,
            amount: f.amount,
            method: f.method.clone(),
            at: self.now(),
        };
        self.pay(f, start, "start payment").await?;
        let gateway = &self.tools.gateway;
        match gateway.authorise(f.payment_id.0, f.amount, &f.method).await? {
            Authorisation::Authorised { reference } => {
                let record = payment::Command::RecordAuthorised { reference, at: self.now() };
                self.pay(f, record, "record authorised").await?;
                Ok(Command::RecordPaymentAuthorised { at: self.now() })
            }
            Authorisation::Declined { reason } => {
                let record = payment::Command::RecordDeclined { reason, at: self.now() };
                self.pay(f, record, "record declined").await?;
                Ok(Command::RecordPaymentDeclined { at: self.now() })
            }
        }
    }

    async fn book_seats(&self, f: &Fulfilment, part: Part) -> Result<Command, StepError> {
        let offering_id = part.offering_id;
        let command = seat_inventory::Command::Confirm {
            hold_id: f.hold.hold_id(),
            booking_id: f.booking_id,
            seats: part.seats,
            at: self.now(),
        };
        let context = self.context(&format!("book {offering_id}"));
        let inventories = &self.tools.aggregates.seat_inventories;
        match inventories.execute(offering_id, command, context).await {
            Ok(_) => Ok(Command::RecordSeatsBooked { offering_id, at: self.now() }),
            Err(ExecuteError::Rejected(rejection)) => Ok(self.refused(offering_id, &rejection)),
            Err(error) => Err(error.into()),
        }
    }

    async fn capture(&self, f: &Fulfilment) -> Result<Command, StepError> {
        let request = payment::Command::RequestCapture { at: self.now() };
        self.pay(f, request, "request capture").await?;
        self.tools.gateway.capture(f.payment_id.0).await?;
        let record = payment::Command::RecordCaptured { at: self.now() };
        self.pay(f, record, "record captured").await?;
        Ok(Command::RecordPaymentCaptured { at: self.now() })
    }

    async fn void(&self, f: &Fulfilment) -> Result<Command, StepError> {
        let request = payment::Command::RequestVoid { at: self.now() };
        self.pay(f, request, "request void").await?;
        self.tools.gateway.void(f.payment_id.0).await?;
        let record = payment::Command::RecordVoided { at: self.now() };
        self.pay(f, record, "record voided").await?;
        Ok(Command::RecordPaymentVoided { at: self.now() })
    }

    async fn tell_booking(&self, f: &Fulfilment, ending: Ending) -> Result<Command, StepError> {
        let at = self.now();
        let command = match ending {
            Ending::Confirmed => booking::Command::Confirm { payment_id: f.payment_id, at },
            Ending::Failed(reason) => booking::Command::Fail { reason, at },
        };
        let aggregates = &self.tools.aggregates;
        aggregates.bookings.execute(f.booking_id, command, self.context("tell booking")).await?;
        if let HoldRef::Several(hold_id) = f.hold {
            let command = match ending {
                Ending::Confirmed => hold::Command::Consume { booking_id: f.booking_id, at },
                Ending::Failed(FailureReason::PaymentDeclined | FailureReason::SeatsLost) => {
                    hold::Command::Release { at }
                }
            };
            match aggregates.holds.execute(hold_id, command, self.context("end hold")).await {
                // The hold's own stream only says how it ended; the seats are settled.
                Ok(_) | Err(ExecuteError::Rejected(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Command::Complete { at })
    }

    async fn pay(
        &self,
        f: &Fulfilment,
        command: payment::Command,
        what: &str,
    ) -> Result<(), StepError> {
        let payments = &self.tools.aggregates.payments;
        payments.execute(f.payment_id, command, self.context(what)).await?;
        Ok(())
    }

    fn refused(&self, offering_id: OfferingId, why: &seat_inventory::Rejection) -> Command {
        let cause = why.code().to_owned();
        Command::RecordSeatsRefused { offering_id, cause, at: self.now() }
    }

    fn now(&self) -> Instant {
        (self.tools.clock)()
    }

    fn context(&self, what: &str) -> Context {
        context(BookingFulfilment::NAME, self.booking_id.0, what, self.cause, self.now())
    }
}

fn parts_of(booking: &booking::Booking) -> Vec<Part> {
    let mut parts: Vec<Part> = vec![];
    for item in &booking.items {
        let seat =
            HeldSeat { seat: item.seat, price_class: item.price_class.clone(), price: item.price };
        match parts.iter_mut().find(|part| part.offering_id == item.offering_id) {
            Some(part) => part.seats.push(seat),
            None => parts.push(Part { offering_id: item.offering_id, seats: vec![seat] }),
        }
    }
    parts
}

/// Puts a booking's seats of one offering on sale again, whether they are booked or still held.
pub(crate) async fn give_seats_back(
    tools: &Tools,
    offering_id: OfferingId,
    booking_id: BookingId,
    hold: HoldRef,
    reason: ReleaseReason,
    context: impl Fn(&str) -> Context,
) -> Result<(), StepError> {
    let at = (tools.clock)();
    let inventories = &tools.aggregates.seat_inventories;
    let command = seat_inventory::Command::Return { booking_id, at };
    let name = format!("return {offering_id}");
    inventories.execute(offering_id, command, context(&name)).await?;
    let hold_id = hold.hold_id();
    let command = seat_inventory::Command::Release { hold_id, reason, at };
    let name = format!("release {offering_id}");
    inventories.execute(offering_id, command, context(&name)).await?;
    Ok(())
}
