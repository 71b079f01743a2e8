//! The stored form of a layout, and the layouts in memory: a year of flights has a few hundred,
//! so offerings whose stored layouts are the same bytes share one.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use domain::seat_inventory::{Layout as DomainLayout, Section as DomainSection};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::parts::Seat;
use super::{Unreadable, Wire};

stored_object! {
    Layout for DomainLayout {
        rule: u16,
        sections: Vec<Section>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        blocked: Vec<Seat>,
    }
}

stored_object! {
    Section for DomainSection {
        name: String,
        price_class: String,
        first_row: u16,
        last_row: u16,
        columns: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exit_rows: Vec<u16>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        absent: Vec<Seat>,
    }
}

/// How many layouts are kept. When there is another, sharing starts over: those in use stay where
/// they are, and memory never grows beyond a few megabytes.
const MOST_KEPT: usize = 4_096;

static KEPT: LazyLock<Mutex<HashMap<Box<str>, Arc<DomainLayout>>>> = LazyLock::new(Mutex::default);

/// A layout as its bytes, read at most once.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SharedLayout(Box<RawValue>);

impl Wire<Arc<DomainLayout>> for SharedLayout {
    fn of(layout: &Arc<DomainLayout>) -> Self {
        match to_raw_value(&Layout::of(layout)) {
            Ok(json) => Self(json),
            Err(error) => unreachable!("strings, numbers and lists have a JSON form: {error}"),
        }
    }

    fn read(self) -> Result<Arc<DomainLayout>, Unreadable> {
        let json = self.0.get();
        let known = KEPT.lock().unwrap_or_else(PoisonError::into_inner).get(json).cloned();
        if let Some(layout) = known {
            return Ok(layout);
        }
        let layout = serde_json::from_str::<Layout>(json).map_err(Unreadable::Malformed)?.read()?;
        layout.validate().map_err(|reason| {
            Unreadable::Invalid(format!("no seats can be made from it: {reason:?}"))
        })?;
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        Ok(kept.entry(json.into()).or_insert_with(|| Arc::new(layout)).clone())
    }
}
