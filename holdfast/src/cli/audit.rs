use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use audit_api::{Anchor, Replayed, Section, VerifyReport, replay, verify};
use chrono::{DateTime, SecondsFormat, Utc};
use event_store::StreamName;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{LogPlace, say};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show every event of a stream with its time, its actor and the state it led to.
    Replay(Replay),
    /// Check the whole log: the chain of every stream, that no seat ever belonged to two, and
    /// that captures and refunds agree with the bookings.
    Verify(Verify),
}

#[derive(clap::Args)]
pub(crate) struct Replay {
    /// The stream, for example booking-6f1e….
    stream: String,
    /// Only what was recorded by then, for example 2026-11-23T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    as_of: Option<DateTime<Utc>>,
    /// One JSON document a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log: LogPlace,
}

#[derive(clap::Args)]
pub(crate) struct Verify {
    /// An anchor of an earlier time: the log up to there must be what it was.
    #[arg(long, value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// Where to write an anchor of now, to be kept where the log's keepers cannot reach.
    #[arg(long, value_name = "FILE")]
    write_anchor: Option<PathBuf>,
    /// The whole verdict as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log: LogPlace,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Replay(options) => run_replay(options).await,
        Command::Verify(options) => run_verify(options).await,
    }
}

async fn run_replay(options: Replay) -> anyhow::Result<()> {
    let log = options.log.open().await?;
    let stream = StreamName::parse(&options.stream)?;
    let replayed = replay(log.as_ref(), &stream, options.as_of).await?;
    if let (true, Some(as_of)) = (replayed.is_empty(), options.as_of) {
        bail!("nothing of {stream} was recorded by {as_of}");
    }
    for event in &replayed {
        if options.json {
            say(serde_json::to_string(event)?);
        } else {
            print(event);
        }
    }
    Ok(())
}

fn print(event: &Replayed) {
    let at = event.recorded_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let (role, subject) = (&event.actor.role, &event.actor.subject);
    say(format_args!(
        "@{} {at}  {}  by {role} {subject}  (position {}, command {})",
        event.revision, event.event_type, event.position, event.command_id,
    ));
    say(format_args!("    event  {}", event.data));
    say(format_args!("    state  {}", event.state));
}

async fn run_verify(options: Verify) -> anyhow::Result<()> {
    let log = options.log.open().await?;
    let anchor = options.anchor.as_deref().map(read_anchor).transpose()?;
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} events, about {eta} left")?);
    let progress = bar.clone();
    let report = verify(log.as_ref(), anchor.as_ref(), move |position, head| {
        progress.set_length(head);
        progress.set_position(position);
    })
    .await?;
    bar.finish_and_clear();
    if options.json {
        say(serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
    }
    // An anchor of a log that is not clean would make what is wrong look right the next time.
    if !report.is_clean() {
        bail!("the log is not as it should be");
    }
    match &options.write_anchor {
        Some(file) => write_anchor(file, &report.to_anchor()),
        None => Ok(()),
    }
}

fn print_report(report: &VerifyReport) {
    say(format_args!(
        "{} events in {} streams, up to position {} of log {}",
        report.events, report.streams, report.position, report.log_id
    ));
    if report.foreign_events > 0 {
        let foreign = report.foreign_events;
        say(format_args!(
            "  {foreign} events in streams of others: only their places are verified"
        ));
    }
    section("chains", "events", &report.chain);
    section("seats", "offerings with seats taken", &report.seats);
    section("money", "bookings", &report.money);
    say(format_args!("  {} bookings had something under way", report.under_way));
    if let Some(anchor) = &report.anchor {
        let verdict = if anchor.holds() { "holds" } else { "DOES NOT HOLD: the log was changed" };
        say(format_args!("  the anchor of position {} {verdict}", anchor.position));
    }
    say(format_args!("  digest {}", report.digest));
}

fn section(name: &str, of: &str, section: &Section) {
    say(format_args!("  {name}: {} {of} checked, {} findings", section.checked, section.total));
    for finding in &section.findings {
        say(format_args!(
            "    position {}, {}@{}: {}",
            finding.position, finding.stream, finding.revision, finding.what
        ));
    }
}

fn read_anchor(file: &Path) -> anyhow::Result<Anchor> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is no anchor", file.display()))
}

fn write_anchor(file: &Path, anchor: &Anchor) -> anyhow::Result<()> {
    let bytes = serde_json::to_vec(&json!(anchor))?;
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}
