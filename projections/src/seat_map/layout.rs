use domain::seat_inventory::Layout;
use read_models::seat_map::{ExpandedLayout, SeatLine, SectionLine};
use sha2::{Digest, Sha256};

/// Names a layout by its content: offerings with the same seats share one expanded document.
/// Made from a spelling of our own, so that it is the same in every version of this program.
pub(super) fn layout_id(layout: &Layout) -> String {
    let list = |seats: &[domain::seat_inventory::SeatId]| {
        seats.iter().map(|seat| format!("{seat} ")).collect::<String>()
    };
    let mut spelling = format!("{}\n{}\n", layout.rule, list(&layout.blocked));
    for section in &layout.sections {
        // Names are the only free text: their length keeps them from running into what follows.
        for text in [&section.name, &section.price_class, &section.columns] {
            spelling.push_str(&format!("{}:{text} ", text.len()));
        }
        spelling.push_str(&format!(
            "{}-{} {:?} {}\n",
            section.first_row,
            section.last_row,
            section.exit_rows,
            list(&section.absent)
        ));
    }
    let digest = Sha256::digest(spelling.as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Every seat of a layout.
pub(super) fn expand(layout: &Layout) -> ExpandedLayout {
    ExpandedLayout {
        sections: layout
            .sections
            .iter()
            .map(|section| SectionLine {
                name: section.name.clone(),
                price_class: section.price_class.clone(),
                first_row: section.first_row,
                last_row: section.last_row,
                columns: section.columns.clone(),
            })
            .collect(),
        seats: layout
            .seats()
            .map(|seat| SeatLine {
                seat: seat.id.to_string(),
                section: seat.section.name.clone(),
                price_class: seat.section.price_class.clone(),
                exit_row: seat.exit_row,
                blocked: layout.is_blocked(seat.id),
            })
            .collect(),
    }
}
