use aggregates::{
    Aggregates, Context, PlaceHold, PlaceHoldError, PlacedHold, find_hold, place_hold,
};
use domain::hold::Part;
use domain::seat_inventory::{Selection, State};
use domain::{CustomerId, HoldId, Instant, OfferingId};
use uuid::Uuid;

use crate::faults::Fault;
use crate::fixtures::{Fixture, at, context, hold};

async fn place(
    node: &Aggregates,
    number: u128,
    parts: &[(OfferingId, &str)],
) -> Result<PlacedHold, PlaceHoldError> {
    place_at(node, number, parts, at(0)).await
}

async fn place_at(
    node: &Aggregates,
    number: u128,
    parts: &[(OfferingId, &str)],
    now: Instant,
) -> Result<PlacedHold, PlaceHoldError> {
    let request = PlaceHold {
        hold_id: HoldId(Uuid::from_u128(number)),
        owner: CustomerId("someone".into()),
        parts: parts
            .iter()
            .map(|(offering_id, seat)| Part {
                offering_id: *offering_id,
                selection: Selection::Named(vec![seat.parse().unwrap()]),
            })
            .collect(),
        expires_at: at(900),
        exempt_from_hoarding_limit: false,
    };
    place_hold(node, request, Context { at: now, ..context(number) }).await
}

async fn taken(node: &Aggregates, offering: OfferingId) -> usize {
    match &*node.seat_inventories.load(offering).await.unwrap().state {
        State::Open(inventory) => inventory.taken.len(),
        State::Unopened => 0,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_on_one_offering_is_one_append_and_is_found_by_its_name() {
    let fixture = Fixture::new();
    let offering = fixture.offering(10).await;
    let before = fixture.store.appends();
    let placed = place(&fixture.node, 100, &[(offering, "1A")]).await.unwrap();
    assert_eq!(fixture.store.appends() - before, 1);
    let name = placed.hold.to_string().parse().unwrap();
    let found = find_hold(&fixture.node, name).await.unwrap().unwrap();
    assert_eq!(found.parts, placed.parts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_over_several_offerings_that_cannot_be_is_refused_before_anything_is_written() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.offering(10).await, fixture.offering(20).await);
    let other = hold(999, "other", &["1A"]);
    fixture.node.seat_inventories.execute(two, other, context(999)).await.unwrap();
    let before = fixture.store.appends();
    let refused = place(&fixture.node, 100, &[(one, "1A"), (two, "1A")]).await.unwrap_err();
    assert!(
        matches!(refused, PlaceHoldError::Refused { offering_id, .. } if offering_id == two),
        "{refused:?}"
    );
    assert_eq!(fixture.store.appends(), before);
    // Nothing was written, so nothing is final: the same request, once it can be, is granted.
    let placed = place(&fixture.node, 100, &[(one, "1A"), (two, "2A")]).await.unwrap();
    assert_eq!(placed.parts.len(), 2);
    assert!(find_hold(&fixture.node, placed.hold).await.unwrap().is_some());
}

/// The second offering's seat goes to someone else while the first is being held.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_over_several_offerings_is_all_or_none_and_its_refusal_is_final() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.offering(10).await, fixture.offering(20).await);
    let parts = [(one, "1A"), (two, "1A")];
    let before = fixture.store.appends();
    fixture.store.shut_gate();
    let placing = place(&fixture.node, 100, &parts);
    let meanwhile = async {
        sent(&fixture, before + 1).await;
        fixture.store.gate.add_permits(1);
        sent(&fixture, before + 2).await;
        let other = hold(999, "other", &["1A"]);
        let steal = fixture.node.seat_inventories.execute(two, other, context(999));
        let gate = async {
            sent(&fixture, before + 3).await;
            fixture.store.open_gate();
        };
        let (stolen, ()) = tokio::join!(steal, gate);
        stolen.unwrap();
    };
    let (refused, ()) = tokio::join!(placing, meanwhile);
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, PlaceHoldError::Refused { offering_id, .. } if offering_id == two),
        "{refused:?}"
    );
    assert_eq!(taken(&fixture.node, one).await, 0, "the first was released");
    let again = place(&fixture.node, 100, &parts).await.unwrap_err();
    assert!(matches!(again, PlaceHoldError::RefusedBefore { .. }), "{again:?}");
}

async fn sent(fixture: &Fixture, appends: usize) {
    while fixture.store.appends() < appends {
        tokio::task::yield_now().await;
    }
}

/// As many appends of the placing go well as the step says; the next is refused.
async fn breaks_off(fixture: &Fixture, step: usize, parts: &[(OfferingId, &str)]) {
    let before = fixture.store.appends();
    fixture.store.shut_gate();
    let broken = place(&fixture.node, 100, parts);
    let faults = async {
        fixture.store.gate.add_permits(step);
        // Every one before has been answered when its successor has been sent.
        sent(fixture, before + step + 1).await;
        fixture.store.will([Fault::Busy]);
        fixture.store.open_gate();
    };
    let (broken, ()) = tokio::join!(broken, faults);
    assert!(matches!(broken, Err(PlaceHoldError::Busy)), "step {step}: {broken:?}");
}

/// Whatever append of the placing fails, the same request sent again places it whole, and once.
#[tokio::test(flavor = "multi_thread")]
async fn a_placing_that_broke_off_anywhere_goes_on_with_the_same_request() {
    for step in 0..4 {
        let fixture = Fixture::new();
        let (one, two) = (fixture.offering(10).await, fixture.offering(20).await);
        let parts = [(one, "1A"), (two, "1A")];
        breaks_off(&fixture, step, &parts).await;
        let node = fixture.another_node();
        let placed = place(&node, 100, &parts).await.unwrap();
        assert_eq!(placed.parts.len(), 2, "step {step}");
        assert_eq!((taken(&node, one).await, taken(&node, two).await), (1, 1), "step {step}");
        let again = place(&node, 100, &parts).await.unwrap();
        assert_eq!((again.hold, again.parts), (placed.hold, placed.parts), "step {step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placing_that_goes_on_after_its_time_is_refused_and_holds_nothing() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.offering(10).await, fixture.offering(20).await);
    let parts = [(one, "1A"), (two, "1A")];
    // Both seats are held; that this was all of it could not be written.
    breaks_off(&fixture, 3, &parts).await;
    for _ in 0..2 {
        let late = place_at(&fixture.node, 100, &parts, at(900)).await;
        let refused = matches!(
            late,
            Err(PlaceHoldError::Refused { .. } | PlaceHoldError::RefusedBefore { .. })
        );
        assert!(refused, "{late:?}");
        assert_eq!((taken(&fixture.node, one).await, taken(&fixture.node, two).await), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_placing_sent_twice_at_a_time_is_answered_alike() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.offering(10).await, fixture.offering(20).await);
    let (node, other) = (fixture.node.clone(), fixture.another_node());
    let parts = [(one, "1A"), (two, "1A")];
    let (first, second) = tokio::join!(place(&node, 100, &parts), place(&other, 100, &parts));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.hold, first.parts), (second.hold, second.parts));
    assert_eq!((taken(&node, one).await, taken(&node, two).await), (1, 1));
}
