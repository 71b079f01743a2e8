//! Where seats are, what they are called, and which are the best.

use super::*;

fn best_of(layout: &Layout, taken: &str, count: usize, together: bool) -> Option<Vec<SeatId>> {
    let taken = seats(taken);
    let free = |seat| !taken.contains(&seat) && !layout.is_blocked(seat);
    best_seats(layout, free, count, None, together)
}

fn one_section(rows: (u16, u16), columns: &str, absent: &str) -> Layout {
    Layout {
        rule: Layout::RULE,
        sections: vec![section("economy", rows.0, rows.1, columns, absent)],
        blocked: vec![],
    }
}

#[test]
fn a_seat_has_one_spelling() {
    for name in ["1A", "12J", "65535Z"] {
        assert_eq!(name.parse::<SeatId>().unwrap().to_string(), name);
    }
    for wrong in [
        "", "A", "12", "0A", "012A", "+1A", "-1A", "1a", "1AB", "A1", " 1A", "1 A", "65536A", "1É",
        "1.A", "１A",
    ] {
        assert_eq!(wrong.parse::<SeatId>(), Err(InvalidSeatId), "{wrong}");
    }
}

#[test]
fn seats_run_from_front_to_back_and_from_left_to_right() {
    let layout = layout();
    assert_eq!(layout.validate(), Ok(()));
    let all: Vec<SeatId> = layout.seats().map(|seat| seat.id).collect();
    assert_eq!(all.len(), 4 + 29);
    assert_eq!(all[..5], seats("1A 1D 1G 1K 10A"));
    assert_eq!(all.last(), seats("12J").last());
    assert_eq!(layout.capacity(), all.len() - 1);
    let exits = layout.seats().filter(|seat| seat.exit_row).count();
    assert_eq!(exits, 4 + 10);
}

#[test]
fn a_seat_is_found_exactly_when_it_is_one_of_the_seats() {
    let layout = layout();
    let all: Vec<SeatId> = layout.seats().map(|seat| seat.id).collect();
    for row in 0..=14 {
        for column in 'A'..='Z' {
            let id = SeatId { row, column };
            let found = layout.find(id).map(|seat| seat.id);
            assert_eq!(found, all.contains(&id).then_some(id), "{id}");
        }
    }
}

#[test]
fn rows_run_forwards_from_1_and_stand_in_one_section() {
    for (first, last) in [(1, 1), (1, 2), (7, 9)] {
        assert_eq!(one_section((first, last), "A-B", "").validate(), Ok(()));
    }
    for rows in [(0, 1), (2, 1)] {
        let layout = one_section(rows, "A-B", "");
        assert_eq!(layout.validate(), Err(InvalidLayout::Rows), "{rows:?}");
    }
    let mut overlapping = layout();
    overlapping.sections[1].first_row = 1;
    assert_eq!(overlapping.validate(), Err(InvalidLayout::Rows));
}

#[test]
fn columns_are_up_to_twenty_different_capital_letters() {
    for good in ["A", "AB-C", "ABCDEFGHIJKLMNOPQRST"] {
        assert_eq!(one_section((1, 1), good, "").validate(), Ok(()), "{good}");
    }
    for wrong in ["", "-", "ABA", "a", "A1", "Ä", "ABCDEFGHIJKLMNOPQRSTU"] {
        let layout = one_section((1, 1), wrong, "");
        assert_eq!(layout.validate(), Err(InvalidLayout::Columns), "{wrong}");
    }
}

#[test]
fn an_offering_has_one_to_a_thousand_seats() {
    assert_eq!(one_section((1, 100), "ABCDE-FGHJK", "").validate(), Ok(()));
    let seats_of = |layout: Layout| layout.validate();
    assert_eq!(seats_of(one_section((1, 1_001), "A", "")), Err(InvalidLayout::SeatCount(1_001)));
    let mut none = layout();
    none.sections.clear();
    assert_eq!(seats_of(none), Err(InvalidLayout::SeatCount(0)));
    assert_eq!(seats_of(one_section((1, 1), "A-B", "1A 1B")), Err(InvalidLayout::SeatCount(0)));
}

#[test]
fn neighbours_are_physical_so_h_and_j_are_and_an_aisle_parts() {
    let layout = layout();
    assert_eq!(best_of(&layout, "10A 10C 10E 10G", 2, true), Some(seats("1D 1G")));
    let economy = one_section((1, 1), "ABC-DEFG-HJK", "");
    let taken = "1A 1B 1E 1F";
    // C and D are beyond an aisle from each other, and so are G and H.
    assert_eq!(best_of(&economy, taken, 2, true), Some(seats("1H 1J")));
    assert_eq!(best_of(&economy, taken, 3, true), Some(seats("1H 1J 1K")));
    assert_eq!(best_of(&economy, taken, 4, true), None);
}

#[test]
fn the_frontmost_row_wins_and_in_it_the_leftmost_block() {
    let economy = one_section((1, 3), "ABC-DEF", "");
    assert_eq!(best_of(&economy, "", 3, true), Some(seats("1A 1B 1C")));
    assert_eq!(best_of(&economy, "1B", 3, true), Some(seats("1D 1E 1F")));
    assert_eq!(
        best_of(&economy, "1B 1E", 3, false),
        Some(seats("2A 2B 2C")),
        "side by side even when they need not be"
    );
}

#[test]
fn absent_and_blocked_seats_part_neighbours_and_are_never_given() {
    let with_a_gap = one_section((1, 1), "ABC", "1B");
    assert_eq!(best_of(&with_a_gap, "", 2, true), None);
    assert_eq!(best_of(&with_a_gap, "", 2, false), Some(seats("1A 1C")));
    assert_eq!(best_of(&with_a_gap, "", 3, false), None);
    let mut with_a_block = one_section((1, 1), "ABC", "");
    with_a_block.blocked = seats("1B");
    assert_eq!(best_of(&with_a_block, "", 2, true), None);
    assert_eq!(best_of(&with_a_block, "", 3, false), None);
}

#[test]
fn a_party_that_may_sit_apart_splits_the_fewest_rows() {
    let economy = one_section((1, 3), "ABC-DEF", "");
    assert_eq!(
        best_of(&economy, "", 4, false),
        Some(seats("1A 1B 1C 1D")),
        "one row, across the aisle"
    );
    assert_eq!(best_of(&economy, "1A 1B 1C", 7, false), Some(seats("2A 2B 2C 2D 2E 2F 3A")));
    assert_eq!(best_of(&economy, "", 19, false), None);
    assert_eq!(best_of(&economy, "", 0, false), None);
}

#[test]
fn the_best_seats_of_a_section_are_in_it() {
    let layout = layout();
    let free = |_| true;
    let in_economy = best_seats(&layout, free, 2, Some("economy"), true);
    assert_eq!(in_economy, Some(seats("10A 10B")));
    assert_eq!(best_seats(&layout, free, 1, Some("balcony"), false), None);
}
