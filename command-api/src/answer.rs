use domain::Money;
use domain::seat_inventory::HeldSeat;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use aggregates::HoldParts;

/// Money as it stands in requests and answers: minor units and an ISO 4217 code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoneyBody {
    pub(crate) amount: i64,
    pub(crate) currency: String,
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency.to_string() }
    }
}

pub(crate) fn hold_items(parts: &HoldParts) -> Value {
    let seat = |held: &HeldSeat| {
        json!({
            "seat": held.seat.to_string(),
            "price_class": held.price_class,
            "price": MoneyBody::from(held.price),
        })
    };
    parts
        .iter()
        .map(|(offering_id, seats)| {
            json!({
                "offering_id": offering_id.to_string(),
                "seats": seats.iter().map(seat).collect::<Vec<_>>(),
            })
        })
        .collect()
}

pub(crate) fn hold_total(parts: &HoldParts) -> Value {
    let prices = parts.iter().flat_map(|(_, seats)| seats.iter().map(|held| held.price));
    match Money::sum(prices) {
        Ok(Some(total)) => json!(MoneyBody::from(total)),
        Ok(None) | Err(_) => Value::Null,
    }
}
