/// Why a flight is not scheduled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// This carrier, number, origin and date is in the timetable, with other particulars.
    AlreadyScheduledDifferently,
    /// It ends where it begins.
    SameAirport,
    /// It arrives before, or when, it departs.
    ArrivesBeforeItDeparts,
    /// No flight takes this long: more than 24 hours.
    TooLong,
    /// A flight number is 1 to 9999.
    NumberOutOfRange,
    /// There is nothing to sell it at.
    NoFares,
    /// A price of nothing, or below: what costs nothing cannot be paid.
    FareNotPositive {
        /// Of which class.
        price_class: String,
    },
    /// Fares of several currencies.
    MixedCurrencies,
}
