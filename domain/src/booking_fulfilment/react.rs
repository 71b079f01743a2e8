use crate::OfferingId;
use crate::booking::FailureReason;
use crate::booking_fulfilment::{Ending, Fulfilment, Part, PartStatus, PaymentStatus};

/// What a fulfilment does next. Every step may be done twice with the effect of once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make every hold live long enough to be paid.
    ExtendHolds,
    /// Have the amount authorised.
    AuthorisePayment,
    /// Book the held seats of one offering.
    BookSeats(Part),
    /// Capture the amount.
    CapturePayment,
    /// Put the seats of one offering on sale again, booked or held.
    GiveSeatsBack(OfferingId),
    /// Let the authorisation go.
    VoidPayment,
    /// Tell the booking how it ended.
    TellBooking(Ending),
}

/// What comes next; `None` when all is done.
///
/// Seats are booked before money is captured: nobody pays for a seat they did not get. Everything
/// that was taken is given back before the booking hears that it has failed.
pub fn react(fulfilment: &Fulfilment) -> Option<Step> {
    if fulfilment.ending.is_some() {
        return None;
    }
    match failure(fulfilment) {
        Some(reason) => Some(compensate(fulfilment, reason)),
        None => Some(advance(fulfilment)),
    }
}

fn failure(fulfilment: &Fulfilment) -> Option<FailureReason> {
    let lost = |(_, status): &(Part, PartStatus)| match status {
        PartStatus::Refused | PartStatus::GivenBack => true,
        PartStatus::Held | PartStatus::Booked => false,
    };
    match fulfilment.payment {
        PaymentStatus::Declined => Some(FailureReason::PaymentDeclined),
        PaymentStatus::Voided => Some(FailureReason::SeatsLost),
        PaymentStatus::Open | PaymentStatus::Authorised | PaymentStatus::Captured => {
            fulfilment.parts.iter().any(lost).then_some(FailureReason::SeatsLost)
        }
    }
}

fn advance(fulfilment: &Fulfilment) -> Step {
    if !fulfilment.holds_extended {
        return Step::ExtendHolds;
    }
    if fulfilment.payment == PaymentStatus::Open {
        return Step::AuthorisePayment;
    }
    let held = fulfilment.parts.iter().find(|(_, status)| *status == PartStatus::Held);
    if let Some((part, _)) = held {
        return Step::BookSeats(part.clone());
    }
    if fulfilment.payment == PaymentStatus::Authorised {
        return Step::CapturePayment;
    }
    Step::TellBooking(Ending::Confirmed)
}

fn compensate(fulfilment: &Fulfilment, reason: FailureReason) -> Step {
    let taken = fulfilment.parts.iter().find(|(_, status)| *status != PartStatus::GivenBack);
    if let Some((part, _)) = taken {
        return Step::GiveSeatsBack(part.offering_id);
    }
    if fulfilment.payment == PaymentStatus::Authorised {
        return Step::VoidPayment;
    }
    Step::TellBooking(Ending::Failed(reason))
}
