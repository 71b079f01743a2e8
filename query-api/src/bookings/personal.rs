use std::sync::Arc;

use key_store::KeyStore;
use problem::Problem;
use read_models::booking::{BookingDocument, SealedData};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::blocking;

/// What is sealed of a traveller.
#[derive(Deserialize)]
struct Person {
    name: String,
    birth_date: Option<String>,
}

/// How a person's data stands after trying to open it.
enum Opened {
    Data(Vec<u8>),
    Erased,
    /// There is no key store here.
    Closed,
}

/// Travellers and contact, for a booking's owner. Whoever is erased is said to be.
pub(super) async fn opened(
    keys: Option<Arc<KeyStore>>,
    document: &BookingDocument,
) -> Result<(Vec<Value>, Value), Problem> {
    let (travellers, contact) = (document.travellers.clone(), document.contact.clone());
    blocking(move || {
        let keys = keys.as_deref();
        let travellers = travellers
            .iter()
            .map(|traveller| Ok(named(traveller.number, open(keys, &traveller.details)?)))
            .collect::<Result<_, Problem>>()?;
        let contact = match open(keys, &contact)? {
            Opened::Data(data) => serde_json::from_slice(&data).unwrap_or(Value::Null),
            Opened::Erased => json!({"erased": true}),
            Opened::Closed => Value::Null,
        };
        Ok((travellers, contact))
    })
    .await
}

/// Travellers for those who may see that they are, and not who.
pub(super) fn redacted(document: &BookingDocument) -> Vec<Value> {
    let line =
        |number: u16| json!({"number": number, "name": null, "birth_date": null, "redacted": true});
    document.travellers.iter().map(|traveller| line(traveller.number)).collect()
}

fn open(keys: Option<&KeyStore>, sealed: &SealedData) -> Result<Opened, Problem> {
    let Some(keys) = keys else {
        return Ok(Opened::Closed);
    };
    let data = keys
        .open_sealed(&sealed.subject, sealed.key_version, &sealed.nonce, &sealed.ciphertext)
        .map_err(|error| Problem::internal(&error))?;
    Ok(data.map_or(Opened::Erased, Opened::Data))
}

fn named(number: u16, opened: Opened) -> Value {
    let erased = matches!(opened, Opened::Erased);
    let person: Option<Person> = match opened {
        Opened::Data(data) => serde_json::from_slice(&data).ok(),
        Opened::Erased | Opened::Closed => None,
    };
    let mut line = json!({
        "number": number,
        "name": person.as_ref().map(|person| &person.name),
        "birth_date": person.as_ref().and_then(|person| person.birth_date.as_ref()),
    });
    if erased {
        line["erased"] = true.into();
    }
    line
}
