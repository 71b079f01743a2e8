//! The outside world of the two processes: real inventories, a real payment and a real booking,
//! kept as their events, and a gateway that moves money once a key.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{at, customer, fold, id, sealed, seats, usd};
use crate::booking::{self, BookingDecider};
use crate::booking_fulfilment::Part;
use crate::hold::HoldRef;
use crate::payment::{self, PaymentDecider};
use crate::seat_inventory::policy::GRACE;
use crate::seat_inventory::{
    self, Extension, HeldSeat, HoldSeats, Layout, PriceList, ReleaseReason, SeatId,
    SeatInventoryDecider, Section, Selection, Taken,
};
use crate::{BookingId, Decider, HoldId, Instant, OfferingId, PaymentId};

pub(crate) const BOOKING: BookingId = BookingId(Uuid::from_u128(0xb));
pub(crate) const PAYMENT: PaymentId = PaymentId(Uuid::from_u128(0xa));
pub(crate) const HOLD: HoldId = HoldId(Uuid::from_u128(0x1));
const THIEF_HOLD: HoldId = HoldId(Uuid::from_u128(0x2));
const THIEF_BOOKING: BookingId = BookingId(Uuid::from_u128(0x3));

/// A stream: nothing but its events is kept between two commands.
pub(crate) struct Stream<D: Decider>(pub(crate) Vec<D::Event>);

impl<D: Decider> Stream<D> {
    pub(crate) fn new() -> Self {
        Self(vec![])
    }

    pub(crate) fn state(&self) -> D::State {
        fold::<D>(D::initial_state(), &self.0)
    }

    /// Decides and appends; says how many events there were.
    pub(crate) fn tell(&mut self, command: D::Command) -> Result<usize, D::Rejection> {
        let events = D::decide(&self.state(), command)?;
        let count = events.len();
        self.0.extend(events);
        Ok(count)
    }
}

/// What the gateway has done, by key.
#[derive(Default)]
pub(crate) struct Gateway {
    pub(crate) declines: bool,
    authorised: BTreeMap<PaymentId, i64>,
    captured: BTreeMap<PaymentId, i64>,
    refunded: BTreeMap<Uuid, i64>,
}

/// One customer's booking on some offerings, held and about to be paid, and a thief.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) inventories: BTreeMap<OfferingId, Stream<SeatInventoryDecider>>,
    pub(crate) payment: Stream<PaymentDecider>,
    pub(crate) booking: Stream<BookingDecider>,
    pub(crate) gateway: Gateway,
    pub(crate) parts: Vec<Part>,
    stolen: BTreeSet<OfferingId>,
}

impl World {
    /// Two seats are held on every offering, and the booking is being paid.
    pub(crate) fn being_paid(offerings: u128) -> Self {
        let mut world = Self::awaiting_payment(offerings);
        let start = booking::Command::StartPayment {
            payment_id: PAYMENT,
            method: "card".to_owned(),
            at: world.now,
        };
        assert_eq!(world.booking.tell(start), Ok(1));
        world
    }

    /// Two seats are held on every offering, and nobody has paid.
    pub(crate) fn awaiting_payment(offerings: u128) -> Self {
        let ids: Vec<OfferingId> = (1..=offerings).map(|n| OfferingId(id(n))).collect();
        let mut world = Self {
            now: at(0),
            inventories: BTreeMap::new(),
            payment: Stream::new(),
            booking: Stream::new(),
            gateway: Gateway::default(),
            parts: ids.iter().map(|offering| part(*offering)).collect(),
            stolen: BTreeSet::new(),
        };
        for offering in &ids {
            let mut inventory = Stream::new();
            assert_eq!(inventory.tell(open(*offering)), Ok(1));
            let hold = hold(HOLD, "ann", "1A 1B", world.now);
            assert_eq!(inventory.tell(hold), Ok(1));
            world.inventories.insert(*offering, inventory);
        }
        let begin = booking::Command::Begin(world.begin_booking());
        assert_eq!(world.booking.tell(begin), Ok(1));
        world
    }

    pub(crate) fn total(&self) -> crate::Money {
        let booking::State::Begun(booking) = self.booking.state() else {
            panic!("the booking has begun")
        };
        booking.total
    }

    pub(crate) fn status(&self) -> booking::Status {
        let booking::State::Begun(booking) = self.booking.state() else {
            panic!("the booking has begun")
        };
        booking.status
    }

    /// Waits until nobody need respect the hold any more; then someone else books one of its
    /// seats, if they can. Says whether they could.
    pub(crate) fn steal(&mut self, offering: OfferingId) -> bool {
        let inventory = self.inventories.get_mut(&offering).unwrap();
        let seat_inventory::State::Open(open) = inventory.state() else { panic!("it is on sale") };
        if let Some(hold) = open.holds.get(&HOLD) {
            self.now = self.now.max(hold.expires_at + GRACE);
        }
        let got =
            inventory.tell(hold(THIEF_HOLD, "bob", "1B", self.now)).is_ok_and(|events| events > 0);
        if got {
            let confirm = seat_inventory::Command::Confirm {
                hold_id: THIEF_HOLD,
                booking_id: THIEF_BOOKING,
                seats: held("1B"),
                at: self.now,
            };
            assert_eq!(inventory.tell(confirm), Ok(1));
            self.stolen.insert(offering);
        }
        got
    }

    pub(crate) fn extend_holds(&mut self) -> Result<(), (OfferingId, String)> {
        for (offering, inventory) in &mut self.inventories {
            let extend = seat_inventory::Command::Extend {
                hold_id: HOLD,
                owner: customer("ann"),
                expires_at: self.now + chrono::TimeDelta::minutes(20),
                extension: Extension::Payment,
                at: self.now,
            };
            inventory.tell(extend).map_err(|refusal| (*offering, format!("{refusal:?}")))?;
        }
        Ok(())
    }

    pub(crate) fn authorise(&mut self) -> bool {
        let start = payment::Command::Start {
            payment_id: PAYMENT,
            booking_id: BOOKING,
            amount: self.total(),
            method: "card".to_owned(),
            at: self.now,
        };
        self.payment.tell(start).unwrap();
        let answer = if self.gateway.declines {
            payment::Command::RecordDeclined { reason: "no funds".to_owned(), at: self.now }
        } else {
            let amount = self.total().amount;
            self.gateway.authorised.entry(PAYMENT).or_insert(amount);
            payment::Command::RecordAuthorised { reference: "ref".to_owned(), at: self.now }
        };
        self.payment.tell(answer).unwrap();
        !self.gateway.declines
    }

    pub(crate) fn book_seats(&mut self, part: &Part) -> Result<(), String> {
        let confirm = seat_inventory::Command::Confirm {
            hold_id: HOLD,
            booking_id: BOOKING,
            seats: part.seats.clone(),
            at: self.now,
        };
        let inventory = self.inventories.get_mut(&part.offering_id).unwrap();
        let answer = inventory.tell(confirm);
        answer.map(|_| ()).map_err(|refusal| format!("{refusal:?}"))
    }

    pub(crate) fn capture(&mut self) {
        let at = self.now;
        let request = payment::Command::RequestCapture { at };
        self.payment.tell(request).unwrap();
        let amount = self.gateway.authorised.remove(&PAYMENT);
        if let Some(amount) = amount {
            self.gateway.captured.insert(PAYMENT, amount);
        }
        let record = payment::Command::RecordCaptured { at };
        self.payment.tell(record).unwrap();
    }

    pub(crate) fn void(&mut self) {
        let at = self.now;
        self.payment.tell(payment::Command::RequestVoid { at }).unwrap();
        self.gateway.authorised.remove(&PAYMENT);
        let record = payment::Command::RecordVoided { at };
        self.payment.tell(record).unwrap();
    }

    pub(crate) fn pay_refund(&mut self, refund_id: Uuid, amount: crate::Money) {
        let at = self.now;
        let request = payment::Command::RequestRefund { refund_id, amount, at };
        self.payment.tell(request).unwrap();
        self.gateway.refunded.entry(refund_id).or_insert(amount.amount);
        let record = payment::Command::RecordRefunded { refund_id, at };
        self.payment.tell(record).unwrap();
    }

    pub(crate) fn give_seats_back(&mut self, offering: OfferingId, reason: ReleaseReason) {
        let inventory = self.inventories.get_mut(&offering).unwrap();
        let at = self.now;
        let give_back = seat_inventory::Command::Return { booking_id: BOOKING, at };
        inventory.tell(give_back).unwrap();
        let release = seat_inventory::Command::Release { hold_id: HOLD, reason, at };
        inventory.tell(release).unwrap();
    }

    /// Captured and not paid back.
    pub(crate) fn kept(&self) -> i64 {
        self.gateway.captured.values().sum::<i64>() - self.gateway.refunded.values().sum::<i64>()
    }

    /// Authorised and neither captured nor let go.
    pub(crate) fn reserved(&self) -> i64 {
        self.gateway.authorised.values().sum()
    }

    /// Seats that the customer's hold or booking has.
    pub(crate) fn seats_of_the_customer(&self) -> (usize, usize) {
        let count = |owner: Taken| self.taken().filter(|(_, taken)| *taken == owner).count();
        (count(Taken::Held(HOLD)), count(Taken::Booked(BOOKING)))
    }

    /// Whoever once booked a seat of a hold that was over still has it.
    pub(crate) fn thief_keeps_what_they_booked(&self) -> bool {
        let thief = Taken::Booked(THIEF_BOOKING);
        let kept: BTreeSet<OfferingId> = self
            .taken()
            .filter(|(_, taken)| *taken == thief)
            .map(|(offering, _)| offering)
            .collect();
        kept == self.stolen
    }

    fn taken(&self) -> impl Iterator<Item = (OfferingId, Taken)> {
        self.inventories.iter().flat_map(|(offering, inventory)| {
            let taken: Vec<Taken> = match inventory.state() {
                seat_inventory::State::Open(open) => open.taken.into_values().collect(),
                seat_inventory::State::Unopened => vec![],
            };
            taken.into_iter().map(|taken| (*offering, taken))
        })
    }

    fn begin_booking(&self) -> booking::Begin {
        let items = self.parts.iter().flat_map(|part| {
            part.seats.iter().zip(1..).map(|(held, traveller)| {
                let (offering_id, starts_at) = (part.offering_id, at(86_400 * 30));
                booking::Item {
                    offering_id,
                    starts_at,
                    seat: held.seat,
                    price_class: held.price_class.clone(),
                    price: held.price,
                    traveller,
                }
            })
        });
        let traveller = |number| booking::Traveller { number, details: sealed("traveller") };
        booking::Begin {
            booking_id: BOOKING,
            locator: booking::Locator::from_bits(1),
            owner: customer("ann"),
            hold: HoldRef::Several(HOLD),
            items: items.collect(),
            travellers: vec![traveller(1), traveller(2)],
            contact: sealed("ann"),
            payment_limit: at(600),
            at: self.now,
        }
    }
}

fn part(offering_id: OfferingId) -> Part {
    Part { offering_id, seats: held("1A 1B") }
}

fn held(names: &str) -> Vec<HeldSeat> {
    let held =
        |seat: SeatId| HeldSeat { seat, price_class: "economy".to_owned(), price: usd(10_000) };
    seats(names).into_iter().map(held).collect()
}

fn hold(hold_id: HoldId, owner: &str, names: &str, now: Instant) -> seat_inventory::Command {
    seat_inventory::Command::Hold(HoldSeats {
        hold_id,
        owner: customer(owner),
        selection: Selection::Named(seats(names)),
        prices: PriceList {
            classes: vec![("economy".to_owned(), usd(10_000))],
            stream: "flight-1".to_owned(),
            revision: 0,
        },
        expires_at: now + chrono::TimeDelta::minutes(10),
        exempt_from_hoarding_limit: false,
        at: now,
    })
}

fn open(offering_id: OfferingId) -> seat_inventory::Command {
    let section = Section {
        name: "economy".to_owned(),
        price_class: "economy".to_owned(),
        first_row: 1,
        last_row: 2,
        columns: "AB-C".to_owned(),
        exit_rows: vec![],
        absent: vec![],
    };
    let layout = Layout { rule: Layout::RULE, sections: vec![section], blocked: vec![] };
    seat_inventory::Command::Open {
        offering_id,
        layout: layout.into(),
        sales_close_at: at(86_400 * 29),
        starts_at: at(86_400 * 30),
        price_source: "flight-1".to_owned(),
        at: at(0),
    }
}
