//! Values that events are made of, drawn at random. Every property makes every event of its
//! category from one draw.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use domain::booking::FailureReason;
use domain::hold::HoldRef;
use domain::seat_inventory::{
    Extension, HeldSeat, Layout, ReleaseReason, SeatId, Section, Selection,
};
use domain::{Currency, CustomerId, HoldId, Instant, Money, OfferingId, Sealed};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) ids: [Uuid; 3],
    pub(crate) texts: [String; 3],
    pub(crate) instants: [Instant; 4],
    pub(crate) locals: [NaiveDateTime; 2],
    pub(crate) money: [Money; 3],
    pub(crate) small: u16,
    pub(crate) medium: u32,
    pub(crate) large: u64,
    pub(crate) seats: Vec<SeatId>,
    pub(crate) held: Vec<HeldSeat>,
    pub(crate) selections: Vec<Selection>,
    pub(crate) hold: HoldRef,
    pub(crate) sealed: Vec<Sealed>,
    pub(crate) layout: Arc<Layout>,
    pub(crate) extension: Extension,
    pub(crate) release: ReleaseReason,
    pub(crate) failure: FailureReason,
}

impl Facts {
    pub(crate) fn customer(&self) -> CustomerId {
        CustomerId(self.texts[0].as_str().into())
    }
}

prop_compose! {
    pub(crate) fn facts()(
        (ids, texts, instants, locals, money) in (
            [uuid(), uuid(), uuid()],
            [any::<String>(), any::<String>(), any::<String>()],
            [instant(), instant(), instant(), instant()],
            [local(), local()],
            [money(), money(), money()],
        ),
        (small, medium, large) in any::<(u16, u32, u64)>(),
        (seats, held, selections) in (vec(seat(), 0..4), vec(held(), 0..4), vec(selection(), 0..3)),
        (hold, sealed, layout) in (hold(), vec(sealed(), 1..3), layout()),
        extension in prop_oneof![Just(Extension::Renewal), Just(Extension::Payment)],
        release in prop_oneof![
            Just(ReleaseReason::Customer),
            Just(ReleaseReason::HoldIncomplete),
            Just(ReleaseReason::BookingFailed),
            Just(ReleaseReason::BookingCancelled),
        ],
        failure in prop_oneof![
            Just(FailureReason::PaymentDeclined),
            Just(FailureReason::SeatsLost),
        ],
    ) -> Facts {
        Facts {
            ids, texts, instants, locals, money, small, medium, large, seats, held, selections,
            hold, sealed, layout: Arc::new(layout), extension, release, failure,
        }
    }
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

/// Any instant there is, and mostly one of our days.
fn instant() -> impl Strategy<Value = Instant> {
    let first = DateTime::<Utc>::MIN_UTC.timestamp();
    let last = DateTime::<Utc>::MAX_UTC.timestamp();
    let nanoseconds = prop_oneof![
        Just(0),
        (0..1_000_u32).prop_map(|milliseconds| milliseconds * 1_000_000),
        0..1_000_000_000_u32,
    ];
    (prop_oneof![3 => 0..4_000_000_000_i64, 1 => first..=last], nanoseconds)
        .prop_map(|(seconds, nanoseconds)| DateTime::from_timestamp(seconds, nanoseconds).unwrap())
}

fn local() -> impl Strategy<Value = NaiveDateTime> {
    (0..4_000_000_000_i64, prop_oneof![Just(0), Just(250_i64)]).prop_map(
        |(seconds, milliseconds)| {
            DateTime::UNIX_EPOCH.naive_utc()
                + TimeDelta::seconds(seconds)
                + TimeDelta::milliseconds(milliseconds)
        },
    )
}

fn money() -> impl Strategy<Value = Money> {
    (any::<i64>(), "[A-Z]{3}")
        .prop_map(|(amount, code)| Money::new(amount, Currency::parse(&code).unwrap()))
}

fn seat() -> impl Strategy<Value = SeatId> {
    (1..=u16::MAX, prop::char::range('A', 'Z')).prop_map(|(row, column)| SeatId { row, column })
}

fn held() -> impl Strategy<Value = HeldSeat> {
    (seat(), any::<String>(), money()).prop_map(|(seat, price_class, price)| HeldSeat {
        seat,
        price_class,
        price,
    })
}

fn selection() -> impl Strategy<Value = Selection> {
    prop_oneof![
        vec(seat(), 0..4).prop_map(Selection::Named),
        any::<(usize, Option<String>, bool)>().prop_map(|(count, section, together)| {
            Selection::Best { count, section, together }
        }),
    ]
}

fn hold() -> impl Strategy<Value = HoldRef> {
    prop_oneof![
        uuid().prop_map(|id| HoldRef::Several(HoldId(id))),
        (uuid(), uuid()).prop_map(|(offering, hold)| HoldRef::Single {
            offering_id: OfferingId(offering),
            hold_id: HoldId(hold),
        }),
    ]
}

fn sealed() -> impl Strategy<Value = Sealed> {
    (any::<String>(), any::<u32>(), any::<[u8; 24]>(), vec(any::<u8>(), 0..64)).prop_map(
        |(subject, key_version, nonce, ciphertext)| Sealed {
            subject: subject.into(),
            key_version,
            nonce: nonce.into(),
            ciphertext,
        },
    )
}

/// A layout that seats can be made from, of one to three sections.
fn layout() -> impl Strategy<Value = Layout> {
    let columns = prop::sample::select(vec!["A", "A-C", "AC-DF", "ABC-DEF", "ABC-DEFG-HJK"]);
    let section = (1..4_u16, 1..20_u16, columns, vec(any::<u16>(), 0..3), vec(seat(), 0..3));
    (vec((section, any::<String>()), 1..4), vec(seat(), 0..3)).prop_map(|(drawn, blocked)| {
        let mut last_row = 0;
        let mut sections = Vec::new();
        for ((gap, rows, columns, exit_rows, absent), name) in drawn {
            let first_row = last_row + gap;
            last_row = first_row + rows - 1;
            sections.push(Section {
                price_class: name.to_lowercase(),
                name,
                first_row,
                last_row,
                columns: columns.to_owned(),
                exit_rows,
                absent,
            });
        }
        Layout { rule: 1, sections, blocked }
    })
}
