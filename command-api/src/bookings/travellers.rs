use std::sync::Arc;

use chrono::NaiveDate;
use domain::booking::Traveller;
use domain::{BookingId, Instant, Sealed};
use key_store::SealedData;
use problem::Problem;
use serde::{Deserialize, Serialize};

use crate::Commands;
use crate::problems::invalid;

/// The most travellers of one booking.
const MAX_TRAVELLERS: usize = 9;
const MAX_NAME_CHARACTERS: usize = 100;
const MAX_EMAIL_BYTES: usize = 254;
const MAX_PHONE_CHARACTERS: usize = 30;

/// A traveller as named in a request, and as sealed in an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TravellerBody {
    name: String,
    birth_date: NaiveDate,
}

/// How to reach the travellers, as given in a request and as sealed in an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactBody {
    email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

pub(super) fn check(
    travellers: &[TravellerBody],
    contact: &ContactBody,
    now: Instant,
) -> Result<(), Problem> {
    if travellers.is_empty() || travellers.len() > MAX_TRAVELLERS {
        let detail = format!("name 1 to {MAX_TRAVELLERS} travellers");
        return Err(invalid("travellers", detail));
    }
    for (index, traveller) in travellers.iter().enumerate() {
        let at = |field: &str| format!("travellers[{index}].{field}");
        let length = traveller.name.trim().chars().count();
        let has_control = traveller.name.chars().any(char::is_control);
        if !(1..=MAX_NAME_CHARACTERS).contains(&length) || has_control {
            let detail = format!("a name has 1 to {MAX_NAME_CHARACTERS} characters");
            return Err(invalid(at("name"), detail));
        }
        // A day of slack: it is tomorrow already, somewhere.
        let latest = now.date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
        let earliest = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap_or(NaiveDate::MIN);
        if !(earliest..=latest).contains(&traveller.birth_date) {
            return Err(invalid(at("birth_date"), "not a date of birth of someone living"));
        }
    }
    check_contact(contact)
}

fn check_contact(contact: &ContactBody) -> Result<(), Problem> {
    let email = contact.email.as_str();
    let shaped = email.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    let blank = |character: char| character.is_whitespace() || character.is_control();
    if !shaped || email.len() > MAX_EMAIL_BYTES || email.chars().any(blank) {
        return Err(invalid("contact.email", "not an e-mail address"));
    }
    let phone_character =
        |character: char| character.is_ascii_digit() || "+-() /.".contains(character);
    if contact.phone.as_deref().is_some_and(|phone| {
        let length = phone.chars().count();
        !(3..=MAX_PHONE_CHARACTERS).contains(&length) || !phone.chars().all(phone_character)
    }) {
        return Err(invalid("contact.phone", "not a telephone number"));
    }
    Ok(())
}

/// Seals what is personal: a key for each traveller and one for the contact, all belonging to the
/// booking's owner, on disk before anything sealed can reach the log.
pub(super) async fn seal(
    commands: &Commands,
    owner: &str,
    booking_id: BookingId,
    travellers: Vec<TravellerBody>,
    contact: ContactBody,
) -> Result<(Vec<Traveller>, Sealed), Problem> {
    let mut persons = vec![];
    for (number, traveller) in (1_u16..).zip(&travellers) {
        persons.push((format!("{booking_id}/traveller-{number}"), json(traveller)?));
    }
    persons.push((format!("{booking_id}/contact"), json(&contact)?));
    let (keys, owner) = (Arc::clone(&commands.keys), owner.to_owned());
    let sealed = tokio::task::spawn_blocking(move || keys.seal(&owner, &persons))
        .await
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::internal(&error))?;
    let mut sealed: Vec<Sealed> = sealed.into_iter().map(domain_form).collect();
    let contact = sealed.pop().ok_or_else(|| Problem::unavailable("nothing was sealed"))?;
    let travellers =
        (1_u16..).zip(sealed).map(|(number, details)| Traveller { number, details }).collect();
    Ok((travellers, contact))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| Problem::internal(&error))
}

fn domain_form(sealed: SealedData) -> Sealed {
    Sealed {
        subject: sealed.subject.into(),
        key_version: sealed.key_version,
        nonce: sealed.nonce,
        ciphertext: sealed.ciphertext,
    }
}
