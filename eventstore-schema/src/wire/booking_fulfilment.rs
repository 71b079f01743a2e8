use domain::booking_fulfilment::{Ending as DomainEnding, Event, Part as DomainPart};
use serde::{Deserialize, Serialize};

use super::parts::{FailureReason, HeldSeat, HoldRef, Id, Instant, Money};
use super::{Unreadable, Wire};

stored_events! {
    Event {
        "booking_fulfilment.begun.v1" = Begun {
            booking_id: Id,
            payment_id: Id,
            amount: Money,
            method: String,
            owner: String,
            hold: HoldRef,
            parts: Vec<Part>,
            at: Instant,
        }
        "booking_fulfilment.holds_extended.v1" = HoldsExtended {
            at: Instant,
        }
        "booking_fulfilment.payment_authorised.v1" = PaymentAuthorised {
            at: Instant,
        }
        "booking_fulfilment.payment_declined.v1" = PaymentDeclined {
            at: Instant,
        }
        "booking_fulfilment.seats_booked.v1" = SeatsBooked {
            offering_id: Id,
            at: Instant,
        }
        "booking_fulfilment.seats_refused.v1" = SeatsRefused {
            offering_id: Id,
            cause: String,
            at: Instant,
        }
        "booking_fulfilment.payment_captured.v1" = PaymentCaptured {
            at: Instant,
        }
        "booking_fulfilment.seats_given_back.v1" = SeatsGivenBack {
            offering_id: Id,
            at: Instant,
        }
        "booking_fulfilment.payment_voided.v1" = PaymentVoided {
            at: Instant,
        }
        "booking_fulfilment.completed.v1" = Completed {
            ending: Ending,
            at: Instant,
        }
    }
}

stored_object! {
    Part for DomainPart {
        offering_id: Id,
        seats: Vec<HeldSeat>,
    }
}

/// `"confirmed"` or `{"failed": "seats_lost"}`.
#[derive(Serialize, Deserialize)]
pub(super) enum Ending {
    #[serde(rename = "confirmed")]
    Confirmed,
    #[serde(rename = "failed")]
    Failed(FailureReason),
}

impl Wire<DomainEnding> for Ending {
    fn of(ending: &DomainEnding) -> Self {
        match ending {
            DomainEnding::Confirmed => Self::Confirmed,
            DomainEnding::Failed(reason) => Self::Failed(Wire::of(reason)),
        }
    }

    fn read(self) -> Result<DomainEnding, Unreadable> {
        Ok(match self {
            Self::Confirmed => DomainEnding::Confirmed,
            Self::Failed(reason) => DomainEnding::Failed(reason.read()?),
        })
    }
}
