//! Seats as a compact description: a few hundred bytes for any number of seats, with the version
//! of the rule that expands it. Product-neutral: sections, rows, columns and aisles.

mod best;
mod seat_id;

pub use best::best_seats;
pub use seat_id::{InvalidSeatId, SeatId};

/// Where the seats of an offering are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The version of the rule by which this description expands to seats. This binary knows 1.
    pub rule: u16,
    /// Front to back.
    pub sections: Vec<Section>,
    /// Seats that are there and are never sold (crew, broken).
    pub blocked: Vec<SeatId>,
}

/// A stretch of rows that are built and sold alike: a cabin, a stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// For example `economy`.
    pub name: String,
    /// What its seats cost is looked up under this name.
    pub price_class: String,
    /// The first row's number.
    pub first_row: u16,
    /// The last row's number, inclusive.
    pub last_row: u16,
    /// The letters of a row from left to right, with `-` for an aisle: `ABC-DEF`.
    pub columns: String,
    /// Rows beside an exit, where not everyone may sit.
    pub exit_rows: Vec<u16>,
    /// Places in the grid where there is no seat.
    pub absent: Vec<SeatId>,
}

/// A seat, expanded from the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat<'a> {
    /// Its name, for example `12A`.
    pub id: SeatId,
    /// The section it is in.
    pub section: &'a Section,
    /// Beside an exit.
    pub exit_row: bool,
}

/// A description that no seats can be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidLayout {
    /// A rule that this binary does not know.
    UnknownRule(u16),
    /// No seats at all, or more than [`Layout::MAX_SEATS`].
    SeatCount(usize),
    /// Rows that run backwards, begin at 0, or stand in two sections.
    Rows,
    /// Letters that repeat, are not `A`–`Z`, or are more than 20.
    Columns,
}

impl Layout {
    /// The largest offering there is.
    pub const MAX_SEATS: usize = 1_000;
    /// The rule that this binary expands.
    pub const RULE: u16 = 1;

    /// Checks the description.
    ///
    /// # Errors
    /// See [`InvalidLayout`].
    pub fn validate(&self) -> Result<(), InvalidLayout> {
        if self.rule != Self::RULE {
            return Err(InvalidLayout::UnknownRule(self.rule));
        }
        let mut last_row = 0;
        for section in &self.sections {
            if section.first_row <= last_row || section.last_row < section.first_row {
                return Err(InvalidLayout::Rows);
            }
            last_row = section.last_row;
            section.validate_columns()?;
        }
        // Counted from the description: a row range of 65,535 is refused without expanding it.
        let places: usize = self.sections.iter().map(Section::places).sum();
        if places == 0 || places > Self::MAX_SEATS {
            return Err(InvalidLayout::SeatCount(places));
        }
        if self.seats().next().is_none() {
            return Err(InvalidLayout::SeatCount(0));
        }
        Ok(())
    }

    /// Every seat, front to back and left to right, blocked ones too.
    pub fn seats(&self) -> impl Iterator<Item = Seat<'_>> {
        self.sections.iter().flat_map(Section::seats)
    }

    /// The seat of that name.
    pub fn find(&self, id: SeatId) -> Option<Seat<'_>> {
        let section = self.sections.iter().find(|section| section.has(id))?;
        Some(section.seat(id))
    }

    /// Whether the seat is there and never sold.
    pub fn is_blocked(&self, id: SeatId) -> bool {
        self.blocked.contains(&id)
    }

    /// How many seats can be sold.
    pub fn capacity(&self) -> usize {
        self.seats().filter(|seat| !self.is_blocked(seat.id)).count()
    }
}

impl Section {
    fn rows(&self) -> impl Iterator<Item = u16> {
        self.first_row..=self.last_row
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        self.columns.chars().filter(|letter| *letter != '-')
    }

    fn places(&self) -> usize {
        self.letters().count().saturating_mul(self.rows().count())
    }

    fn seats(&self) -> impl Iterator<Item = Seat<'_>> {
        self.rows()
            .flat_map(|row| self.letters().map(move |column| SeatId { row, column }))
            .filter(|id| !self.absent.contains(id))
            .map(|id| self.seat(id))
    }

    fn seat(&self, id: SeatId) -> Seat<'_> {
        Seat { id, section: self, exit_row: self.exit_rows.contains(&id.row) }
    }

    fn has(&self, id: SeatId) -> bool {
        (self.first_row..=self.last_row).contains(&id.row)
            && self.letters().any(|column| column == id.column)
            && !self.absent.contains(&id)
    }

    fn validate_columns(&self) -> Result<(), InvalidLayout> {
        let letters: Vec<char> = self.letters().collect();
        let distinct: std::collections::BTreeSet<char> = letters.iter().copied().collect();
        let good = letters.iter().all(char::is_ascii_uppercase)
            && !letters.is_empty()
            && letters.len() <= 20
            && distinct.len() == letters.len();
        if good { Ok(()) } else { Err(InvalidLayout::Columns) }
    }
}
