//! How seats are laid out in an aircraft of a known seat count: seat maps are in no free data
//! set, so they come from this rule, which always gives the same layout for the same count.

use crate::seat_inventory::{Layout, SeatId, Section};

/// A layout with exactly that many seats; `None` for fewer than 2 or more than 600.
///
/// | seats | `first` | `premium` | `economy` | exit rows |
/// |---|---|---|---|---|
/// | 2–19 | | | `A-C` | |
/// | 20–55 | | | `A-BC` | middle |
/// | 56–69 | | | `AC-DF` | middle |
/// | 70–99 | 3 rows of `A-DF` | | `AC-DF` | middle |
/// | 100–139 | 2 rows of `AC-DF` | | `ABC-DEF` | middle |
/// | 140–169 | 3 rows of `AC-DF` | 3 rows of `ABC-DEF` | `ABC-DEF` | middle and next |
/// | 170–229 | 4 rows of `AC-DF` | 4 rows of `ABC-DEF` | `ABC-DEF` | middle and next |
/// | 230–299 | 6 rows of `A-DG-K` | 3 rows of `AC-DEG-HK` | `AC-DEFG-HK` | front and middle |
/// | 300–600 | 8 rows of `A-DG-K` | 4 rows of `AC-DEG-HK` | `ABC-DEFG-HJK` | front and middle |
///
/// A price class is named as its cabin. Rows are numbered from 1 without a break, front to back.
/// Economy has all the seats that the cabins before it have not; its last row is filled from the
/// left, and what is over on the right is absent. Exit rows are economy's: its front row, and the
/// one with as many rows before it as behind it, or one more. The letter I is never used.
pub fn cabins(seats: u16) -> Option<Layout> {
    let plan = Plan::of(seats)?;
    let mut sections = Vec::new();
    let mut next_row = 1_u16;
    let mut left = seats;
    for (name, rows, columns) in [("first", plan.first), ("premium", plan.premium)]
        .into_iter()
        .filter_map(|(name, cabin)| cabin.map(|(rows, columns)| (name, rows, columns)))
    {
        let section = section(name, next_row, rows, columns)?;
        next_row = section.last_row.checked_add(1)?;
        left = left.checked_sub(rows.checked_mul(width(columns)?)?)?;
        sections.push(section);
    }
    sections.push(economy(&plan, next_row, left)?);
    Some(Layout { rule: Layout::RULE, sections, blocked: vec![] })
}

/// One line of the table.
struct Plan {
    first: Option<(u16, &'static str)>,
    premium: Option<(u16, &'static str)>,
    economy: &'static str,
    exits: Exits,
}

#[derive(Clone, Copy)]
enum Exits {
    None,
    Middle,
    MiddleAndNext,
    FrontAndMiddle,
}

impl Plan {
    fn of(seats: u16) -> Option<Self> {
        let (first, premium, economy, exits) = match seats {
            2..=19 => (None, None, "A-C", Exits::None),
            20..=55 => (None, None, "A-BC", Exits::Middle),
            56..=69 => (None, None, "AC-DF", Exits::Middle),
            70..=99 => (Some((3, "A-DF")), None, "AC-DF", Exits::Middle),
            100..=139 => (Some((2, "AC-DF")), None, "ABC-DEF", Exits::Middle),
            140..=169 => {
                (Some((3, "AC-DF")), Some((3, "ABC-DEF")), "ABC-DEF", Exits::MiddleAndNext)
            }
            170..=229 => {
                (Some((4, "AC-DF")), Some((4, "ABC-DEF")), "ABC-DEF", Exits::MiddleAndNext)
            }
            230..=299 => {
                (Some((6, "A-DG-K")), Some((3, "AC-DEG-HK")), "AC-DEFG-HK", Exits::FrontAndMiddle)
            }
            300..=600 => {
                (Some((8, "A-DG-K")), Some((4, "AC-DEG-HK")), "ABC-DEFG-HJK", Exits::FrontAndMiddle)
            }
            _ => return None,
        };
        Some(Self { first, premium, economy, exits })
    }
}

fn economy(plan: &Plan, first_row: u16, seats: u16) -> Option<Section> {
    let width = width(plan.economy)?;
    let rows = seats.checked_next_multiple_of(width)?.checked_div(width)?;
    let mut economy = section("economy", first_row, rows, plan.economy)?;
    let in_last_row = seats.checked_sub(rows.checked_sub(1)?.checked_mul(width)?)?;
    economy.absent = letters(plan.economy)
        .skip(usize::from(in_last_row))
        .map(|column| SeatId { row: economy.last_row, column })
        .collect();
    let middle = first_row.checked_add(rows / 2)?;
    economy.exit_rows = match plan.exits {
        Exits::None => vec![],
        Exits::Middle => vec![middle],
        Exits::MiddleAndNext => vec![middle, middle.checked_add(1)?],
        Exits::FrontAndMiddle => vec![first_row, middle],
    };
    Some(economy)
}

fn section(name: &str, first_row: u16, rows: u16, columns: &str) -> Option<Section> {
    Some(Section {
        name: name.to_owned(),
        price_class: name.to_owned(),
        first_row,
        last_row: first_row.checked_add(rows)?.checked_sub(1)?,
        columns: columns.to_owned(),
        exit_rows: vec![],
        absent: vec![],
    })
}

fn letters(columns: &str) -> impl Iterator<Item = char> {
    columns.chars().filter(|letter| *letter != '-')
}

fn width(columns: &str) -> Option<u16> {
    u16::try_from(letters(columns).count()).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_count_from_2_to_600_has_a_layout_of_exactly_that_many_seats() {
        for seats in 2..=600 {
            let layout = cabins(seats).unwrap();
            assert_eq!(layout.validate(), Ok(()), "{seats}");
            assert_eq!(layout.seats().count(), usize::from(seats));
            assert_eq!(layout.capacity(), usize::from(seats));
            let distinct: BTreeSet<_> = layout.seats().map(|seat| seat.id).collect();
            assert_eq!(distinct.len(), usize::from(seats));
            assert!(distinct.iter().all(|id| id.column != 'I'), "{seats}");
            let rows: BTreeSet<u16> = distinct.iter().map(|id| id.row).collect();
            let last = layout.sections.last().unwrap().last_row;
            assert!(rows.into_iter().eq(1..=last), "{seats}");
        }
    }

    #[test]
    fn sections_follow_on_and_exit_rows_are_rows_of_theirs() {
        for seats in 2..=600 {
            let layout = cabins(seats).unwrap();
            let mut next = 1;
            for section in &layout.sections {
                assert_eq!(section.first_row, next, "{seats}");
                assert_eq!(section.name, section.price_class);
                next = section.last_row + 1;
                let rows = section.first_row..=section.last_row;
                assert!(section.exit_rows.iter().all(|row| rows.contains(row)), "{seats}");
                assert!(section.absent.iter().all(|id| id.row == section.last_row), "{seats}");
                assert!(section.name == "economy" || section.absent.is_empty(), "{seats}");
            }
            assert_eq!(layout.seats().any(|seat| seat.exit_row), seats >= 20, "{seats}");
        }
    }

    #[test]
    fn no_aircraft_has_fewer_than_2_seats_or_more_than_600() {
        for seats in [0, 1, 601, u16::MAX] {
            assert_eq!(cabins(seats), None);
        }
    }

    #[test]
    fn the_sizes_that_are_flown_are_laid_out_as_the_table_says() {
        for (seats, expected) in [
            (2, "1-1 A-C"),
            (55, "1-19 A-BC less 19B,19C exits 10"),
            (76, "1-3 A-DF | 4-20 AC-DF less 20F exits 12"),
            (100, "1-2 AC-DF | 3-18 ABC-DEF less 18C,18D,18E,18F exits 11"),
            (149, "1-3 AC-DF | 4-6 ABC-DEF | 7-26 ABC-DEF less 26F exits 17,18"),
            (200, "1-4 AC-DF | 5-8 ABC-DEF | 9-35 ABC-DEF less 35E,35F exits 22,23"),
            (
                255,
                "1-6 A-DG-K | 7-9 AC-DEG-HK | 10-36 AC-DEFG-HK less 36D,36E,36F,36G,36H,36K exits 10,23",
            ),
            (377, "1-8 A-DG-K | 9-12 AC-DEG-HK | 13-44 ABC-DEFG-HJK less 44H,44J,44K exits 13,29"),
        ] {
            assert_eq!(drawn(&cabins(seats).unwrap()), expected);
        }
    }

    fn drawn(layout: &Layout) -> String {
        let list = |label: &str, items: Vec<String>| {
            if items.is_empty() { String::new() } else { format!(" {label} {}", items.join(",")) }
        };
        let section = |section: &Section| {
            format!(
                "{}-{} {}{}{}",
                section.first_row,
                section.last_row,
                section.columns,
                list("less", section.absent.iter().map(ToString::to_string).collect()),
                list("exits", section.exit_rows.iter().map(ToString::to_string).collect()),
            )
        };
        layout.sections.iter().map(section).collect::<Vec<_>>().join(" | ")
    }
}
