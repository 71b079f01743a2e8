use domain::Decider;
use domain::flight::{self, FlightDecider};
use domain::seat_inventory::PriceList;

use crate::{Aggregates, LoadError};

/// What an offering's price classes cost now, by the stream its inventory names. `None` when that
/// stream says nothing of prices. A new product adds its category here and nowhere else.
///
/// # Errors
/// When that stream cannot be folded.
pub async fn price_list(
    aggregates: &Aggregates,
    price_source: &str,
) -> Result<Option<PriceList>, LoadError> {
    let Some((category, id)) = price_source.split_once('-') else {
        return Ok(None);
    };
    if category != FlightDecider::CATEGORY {
        return Ok(None);
    }
    let loaded = aggregates.flights.load(id).await?;
    let flight::State::Scheduled(flight) = &*loaded.state else {
        return Ok(None);
    };
    Ok(Some(PriceList {
        classes: flight.fares.iter().map(|fare| (fare.price_class.clone(), fare.price)).collect(),
        stream: price_source.to_owned(),
        revision: loaded.revision.unwrap_or_default(),
    }))
}
