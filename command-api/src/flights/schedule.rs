use std::sync::Arc;

use aggregates::{Aggregates, Context, Created, ExecuteError, Mailboxes, create};
use domain::flight::{self, FlightDecider, SALES_CLOSE_BEFORE_DEPARTURE};
use domain::seat_inventory::{self, SeatInventoryDecider};
use domain::{Instant, OfferingId};
use problem::Problem;
use timetable::{InvalidField, ScheduleRequest};

use crate::problems::{execute_problem, seats_problem};

/// What became of a flight to schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduled {
    /// It is new.
    New {
        /// Which.
        offering_id: OfferingId,
        /// The position of the event that put its seats on sale.
        position: u64,
    },
    /// It was there before, the same.
    Unchanged {
        /// Which.
        offering_id: OfferingId,
        /// The log's last position then.
        position: u64,
    },
}

/// Why a flight is not scheduled.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A field of the request is wrong.
    #[error("{}: {}", .0.field, .0.reason)]
    Invalid(InvalidField),
    /// The flight's rules refuse.
    #[error("refused: {0:?}")]
    Flight(#[source] Box<ExecuteError<flight::Rejection>>),
    /// The seats' rules refuse.
    #[error("refused: {1:?}")]
    Seats(OfferingId, #[source] Box<ExecuteError<seat_inventory::Rejection>>),
}

impl Scheduled {
    /// Which flight.
    pub fn offering_id(&self) -> OfferingId {
        match self {
            Self::New { offering_id, .. } | Self::Unchanged { offering_id, .. } => *offering_id,
        }
    }

    /// What a read model must reflect to show it.
    pub fn position(&self) -> u64 {
        match self {
            Self::New { position, .. } | Self::Unchanged { position, .. } => *position,
        }
    }

    /// Whether it is new.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::New { .. })
    }
}

/// Puts a flight into the timetable and its seats on sale. Twice the same is once; what a crash
/// left half done, the next time completes.
///
/// # Errors
/// See [`ScheduleError`].
pub async fn schedule_flight(
    aggregates: &Aggregates,
    request: &ScheduleRequest,
    context: &Context,
) -> Result<Scheduled, ScheduleError> {
    let resolved = request.resolve().map_err(ScheduleError::Invalid)?;
    let (offering_id, starts_at) = (resolved.flight_id, resolved.departure.instant);
    let (schedule, layout) = resolved.into_schedule(context.at);
    let command = flight::Command::Schedule(schedule);
    let store = aggregates.store.as_ref();
    create::<FlightDecider>(store, offering_id, command, &context.derive("flight"))
        .await
        .map_err(|error| ScheduleError::Flight(Box::new(error)))?;
    let command = seat_inventory::Command::Open {
        offering_id,
        layout: Arc::new(layout),
        sales_close_at: starts_at
            .checked_sub_signed(SALES_CLOSE_BEFORE_DEPARTURE)
            .unwrap_or(Instant::MIN_UTC),
        starts_at,
        price_source: Mailboxes::<FlightDecider>::stream(offering_id).to_string(),
        at: context.at,
    };
    let opened =
        create::<SeatInventoryDecider>(store, offering_id, command, &context.derive("seats"))
            .await
            .map_err(|error| ScheduleError::Seats(offering_id, Box::new(error)))?;
    Ok(match opened {
        Created::New { position } => Scheduled::New { offering_id, position },
        Created::Unchanged { position } => Scheduled::Unchanged { offering_id, position },
    })
}

impl From<ScheduleError> for Problem {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::Invalid(InvalidField { field, reason }) => {
                Self::new(422, "invalid_flight", "Invalid flight").detail(reason).field(field)
            }
            ScheduleError::Flight(error) => match *error {
                ExecuteError::Rejected(rejection) => flight_problem(&rejection),
                other => execute_problem(other),
            },
            ScheduleError::Seats(offering_id, error) => match *error {
                ExecuteError::Rejected(rejection) => seats_problem(offering_id, &rejection, None),
                other => execute_problem(other),
            },
        }
    }
}

fn flight_problem(rejection: &flight::Rejection) -> Problem {
    use flight::Rejection as R;
    let invalid = |field: &str, detail: &str| {
        Problem::new(422, "invalid_flight", "Invalid flight").detail(detail).field(field)
    };
    match rejection {
        R::AlreadyScheduledDifferently => {
            Problem::new(409, "already_scheduled", "Already scheduled")
                .detail("this carrier, number, origin and date is scheduled with other particulars")
        }
        R::SameAirport => invalid("destination", "it ends where it begins"),
        R::ArrivesBeforeItDeparts => invalid("arrival_local", "it arrives before it departs"),
        R::TooLong => invalid("arrival_local", "no flight takes more than 24 hours"),
        R::NumberOutOfRange => invalid("number", "a flight number is 1 to 9999"),
        R::NoFares | R::FareNotPositive { .. } | R::MixedCurrencies => {
            invalid("(body)", "no fares can be made for it")
        }
    }
}
