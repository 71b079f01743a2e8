use std::time::Duration;

use access::Role;
use anyhow::bail;
use comfy_table::Table;
use comfy_table::presets;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Place, Target, say};
use crate::clock;

const POLL: Duration = Duration::from_millis(250);

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the projections: generation, state, position and how far behind the log.
    List {
        /// JSON instead of a table.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Build a projection anew beside the live one, compare the two at one position, and switch
    /// when nothing differs. Queries keep answering.
    Rebuild {
        /// The projection.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// All of them, one after the other.
        #[arg(long)]
        all: bool,
        /// Switch also when rows differ: the log is right.
        #[arg(long)]
        accept_differences: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Compare a projection with the fold of the log at one position. Changes nothing.
    Verify {
        /// The projection.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// All of them, one after the other.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        place: Place,
    },
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { json, place } => list(&Target::find(&place, Role::Operator)?, json).await,
        Command::Rebuild { name, all: _, accept_differences, place } => {
            let target = Target::find(&place, Role::Operator)?;
            for name in names(&target, name).await? {
                rebuild(&target, &name, accept_differences).await?;
            }
            Ok(())
        }
        Command::Verify { name, all: _, place } => {
            let target = Target::find(&place, Role::Operator)?;
            let mut differing = 0;
            for name in names(&target, name).await? {
                differing += verify(&target, &name).await?;
            }
            if differing > 0 {
                bail!("{differing} rows differ from the fold of the log");
            }
            Ok(())
        }
    }
}

async fn all(target: &Target) -> anyhow::Result<Vec<Value>> {
    let answer = target.json(target.get("/v1/projections")).await?;
    Ok(answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
}

async fn names(target: &Target, name: Option<String>) -> anyhow::Result<Vec<String>> {
    match name {
        Some(name) => Ok(vec![name]),
        None => Ok(all(target).await?.iter().map(|one| text(one, "name")).collect()),
    }
}

async fn list(target: &Target, as_json: bool) -> anyhow::Result<()> {
    let projections = all(target).await?;
    if as_json {
        say(json!({ "items": projections }));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header([
        "projection",
        "generation",
        "state",
        "checkpoint",
        "progress",
        "behind",
        "rebuild",
    ]);
    for one in &projections {
        let rebuild = one.get("rebuild").filter(|rebuild| !rebuild.is_null());
        table.add_row([
            text(one, "name"),
            text(one, "generation"),
            text(one, "state"),
            text(one, "checkpoint"),
            text(one, "progress"),
            text(one, "lag"),
            rebuild.map_or("-".into(), |rebuild| text(rebuild, "phase")),
        ]);
    }
    say(table);
    Ok(())
}

async fn rebuild(target: &Target, name: &str, accept_differences: bool) -> anyhow::Result<()> {
    let request = target
        .post(&format!("/v1/projections/{name}/rebuild"))
        .header("Idempotency-Key", clock::new_id().to_string())
        .json(&json!({ "accept_differences": accept_differences }));
    target.json(request).await?;
    let outcome = follow(target, name).await?;
    let comparison = outcome.get("comparison").cloned().unwrap_or_default();
    let differing = number(&comparison, "differing_rows");
    let generation = text(&outcome, "generation");
    match outcome.get("switched").and_then(Value::as_bool) {
        Some(true) => {
            say(format_args!("{name}: generation {generation} is live; {differing} rows differed"));
            Ok(())
        }
        _ => bail!(
            "{name}: not switched, {differing} rows differ from the fold of the log ({}); look at them, then rebuild with --accept-differences",
            comparison.get("examples").unwrap_or(&Value::Null)
        ),
    }
}

async fn verify(target: &Target, name: &str) -> anyhow::Result<u64> {
    let request = target
        .post(&format!("/v1/projections/{name}/verification"))
        .header("Idempotency-Key", clock::new_id().to_string());
    target.json(request).await?;
    let outcome = follow(target, name).await?;
    let differing = number(&outcome, "differing_rows");
    say(format_args!(
        "{name}: {differing} of {} rows differ from the fold of the log at position {}",
        text(&outcome, "rows_compared"),
        text(&outcome, "position"),
    ));
    if differing > 0 {
        say(format_args!("  for example {}", outcome.get("examples").unwrap_or(&Value::Null)));
    }
    Ok(differing)
}

/// Shows how far a running rebuild or verification is, until its outcome stands.
async fn follow(target: &Target, name: &str) -> anyhow::Result<Value> {
    let bar = ProgressBar::new(0);
    let style = "{prefix} {bar:30} {pos}/{len} events, {msg}, about {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.set_prefix(name.to_owned());
    loop {
        let status = target.json(target.get(&format!("/v1/projections/{name}"))).await?;
        let rebuild = status.get("rebuild").filter(|rebuild| !rebuild.is_null());
        let Some(rebuild) = rebuild else {
            bar.finish_and_clear();
            let outcome = status.get("last_outcome").cloned().unwrap_or_default();
            if text(&outcome, "kind") == "error" {
                bail!("{name}: {}", text(&outcome, "detail"));
            }
            return Ok(outcome);
        };
        bar.set_length(number(rebuild, "target"));
        bar.set_position(number(rebuild, "position"));
        bar.set_message(text(rebuild, "phase"));
        tokio::time::sleep(POLL).await;
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".into(),
        Some(other) => other.to_string(),
    }
}
