use crate::seat_inventory::layout::{Layout, SeatId, Section};

/// The best free seats for a party, by a stated order: in one row side by side with no aisle
/// between, the frontmost such row; else, unless they insist on sitting together, from the row
/// with most free seats on, so that the fewest rows are split. Adjacency is physical: the order of
/// the columns and the aisles, never letter arithmetic.
pub fn best_seats(
    layout: &Layout,
    is_free: impl Fn(SeatId) -> bool,
    count: usize,
    section: Option<&str>,
    together: bool,
) -> Option<Vec<SeatId>> {
    let sections = || {
        layout.sections.iter().filter(|candidate| section.is_none_or(|name| candidate.name == name))
    };
    let free_in = |section: &Section, row: u16, columns: &str| -> Vec<SeatId> {
        columns
            .chars()
            .filter(|letter| *letter != '-')
            .map(|column| SeatId { row, column })
            .filter(|id| !section.absent.contains(id) && is_free(*id))
            .collect()
    };
    if count == 0 {
        return None;
    }
    for section in sections() {
        for row in section.first_row..=section.last_row {
            for block in section.columns.split('-') {
                if let Some(run) = first_run(block, &free_in(section, row, block), count) {
                    return Some(run);
                }
            }
        }
    }
    if together {
        return None;
    }
    let mut rows: Vec<Vec<SeatId>> = sections()
        .flat_map(|section| {
            (section.first_row..=section.last_row)
                .map(|row| free_in(section, row, &section.columns))
        })
        .collect();
    rows.sort_by_key(|free| std::cmp::Reverse(free.len()));
    let mut seats: Vec<SeatId> = rows.into_iter().flatten().take(count).collect();
    seats.sort();
    (seats.len() == count).then_some(seats)
}

/// The first `count` free seats that are neighbours within a block of columns.
fn first_run(block: &str, free: &[SeatId], count: usize) -> Option<Vec<SeatId>> {
    let column_index = |seat: &SeatId| block.chars().position(|letter| letter == seat.column);
    free.windows(count)
        .find(|run| {
            run.windows(2).all(|pair| match pair {
                [left, right] => {
                    column_index(left).map(|index| index.saturating_add(1)) == column_index(right)
                }
                _ => true,
            })
        })
        .map(<[SeatId]>::to_vec)
}
