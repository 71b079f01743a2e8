use access::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Options;
use super::demo::Demo;
use super::system::System;
use crate::cli::{say, sign};
use crate::data_folder::DataFolder;
use crate::services::ready_file;

/// The demo's callers: what the ready file calls them, whose token it is, in which role.
const DEMO_CALLERS: [(&str, &str, Role); 7] = [
    ("customer", "demo-customer", Role::Customer),
    ("customer2", "demo-customer-2", Role::Customer),
    ("agent", "demo-agent", Role::TravelAgent),
    ("agent2", "demo-agent-2", Role::TravelAgent),
    ("seller", "demo-seller", Role::Seller),
    ("auditor", "demo-auditor", Role::Auditor),
    ("operator", "demo-operator", Role::Operator),
];

/// A demo's tokens last this long.
const DEMO_TOKENS_LAST: TimeDelta = TimeDelta::days(30);

/// Says that everything is ready: to a person, in the data folder, and in the file asked for.
pub(super) fn announce(
    options: &Options,
    data: &DataFolder,
    system: &System,
    demo: Option<Demo>,
) -> anyhow::Result<()> {
    let api = format!("http://{}", system.address);
    let mut ready = json!({
        "api": api,
        "event_store": system.event_store_url,
        "nats": system.nats_url,
        "database": system.database_url,
    });
    if let (Some(demo), Some(ready)) = (demo, ready.as_object_mut()) {
        ready.insert("tokens".into(), tokens(system)?);
        ready.insert("demo".into(), json!(demo));
    }
    let bytes = serde_json::to_vec_pretty(&ready)?;
    // It holds passwords and tokens: for its owner's eyes.
    data.write_file("up.json", &bytes, 0o600)?;
    if let Some(file) = &options.ready_file {
        ready_file::write(file, &ready)?;
    }
    greet(&api, &system.event_store_url, data, demo);
    Ok(())
}

fn tokens(system: &System) -> anyhow::Result<Value> {
    let mut tokens = serde_json::Map::new();
    for (name, subject, role) in DEMO_CALLERS {
        tokens.insert(name.into(), sign(&system.tokens, subject, role, DEMO_TOKENS_LAST)?.into());
    }
    Ok(tokens.into())
}

fn greet(api: &str, event_store: &str, data: &DataFolder, demo: Option<Demo>) {
    say(format_args!("\nHoldfast is ready; Ctrl-C stops it.\n"));
    say(format_args!("  API            {api}/v1"));
    say(format_args!("  health         {api}/health/ready"));
    say(format_args!("  event store    {}", without_password(event_store)));
    say(format_args!("  data           {}", data.root().display()));
    let ready = data.ready_file();
    say(format_args!("  addresses, tokens  {}", ready.display()));
    let Some(demo) = demo else { return };
    say(format_args!("  flights        {} to {}", demo.first_date, demo.last_date));
    say(format_args!("\nA first request (README.md goes on to a confirmed booking):\n"));
    say(format_args!(
        "  TOKEN=$(sed -n 's/.*\"customer\": \"\\(.*\\)\".*/\\1/p' {})",
        ready.display()
    ));
    let date = demo.first_date + chrono::Days::new(30);
    say(format_args!(
        "  curl -s -H \"Authorization: Bearer $TOKEN\" '{api}/v1/flights?origin=JFK&destination=LAX&date={date}&limit=3'\n"
    ));
}

/// A connection string that may be read over a shoulder.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}
