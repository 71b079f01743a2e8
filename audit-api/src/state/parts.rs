use domain::booking::FailureReason;
use domain::flight::Stop;
use domain::seat_inventory::HeldSeat;
use domain::{Instant, Money};
use serde_json::{Value, json};

pub(super) fn money(money: Money) -> Value {
    json!({ "amount": money.amount, "currency": money.currency.to_string() })
}

pub(super) fn instant(instant: Instant) -> Value {
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).into()
}

pub(super) fn seats(held: &[HeldSeat]) -> Value {
    held.iter().map(|held| held.seat.to_string()).collect()
}

pub(super) fn stop(stop: &Stop) -> Value {
    json!({
        "airport": stop.airport,
        "zone": stop.zone,
        "local": stop.local.format("%Y-%m-%dT%H:%M:%S").to_string(),
        "instant": instant(stop.instant),
    })
}

pub(super) fn failure(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::PaymentDeclined => "payment_declined",
        FailureReason::SeatsLost => "seats_lost",
    }
}
