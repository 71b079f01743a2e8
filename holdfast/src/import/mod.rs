//! Importing timetables: read line by line, resolve, schedule; say what was rejected and why.
//! Into a running system over HTTP, or straight into a data folder that nobody uses. Doing it
//! twice imports nothing twice.

mod direct;
mod http;
mod progress;
mod report;

use std::fs::File;
use std::path::{Path, PathBuf};

use access::Role;
use anyhow::{Context, bail};
use timetable::{Planes, Rejected, ScheduleRequest, read_rows};

use crate::cli::{Place, Target, running_api, say};
use crate::data_folder::DataFolder;

pub(crate) use direct::Direct;
use http::Http;
use progress::Progress;
pub(crate) use report::Report;

/// Flights on their way to the log together: one batch over HTTP.
const BATCH: usize = 500;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Flights, from CSV files (plain or gzip) with the columns of docs/how-to/import.md.
    Flights(Flights),
}

#[derive(clap::Args)]
pub(crate) struct Flights {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Move every flight so many whole weeks into the future, by local date.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=5200))]
    shift_weeks: u32,
    #[command(flatten)]
    place: Place,
}

/// Where flights go.
pub(crate) enum Sink {
    /// A running system.
    Http(Http),
    /// The log itself.
    Direct(Direct),
}

/// What became of one flight.
pub(crate) enum Became {
    New,
    Unchanged,
    Rejected { field: String, reason: String },
}

/// A flight on its way, and the line it stands on.
pub(crate) type Flight = (u64, ScheduleRequest);

impl Sink {
    /// Schedules a batch, and says up to which position the log has it; an error stops the
    /// import, a rejection is one of the answers.
    async fn schedule(&self, batch: &[Flight]) -> anyhow::Result<(Vec<Became>, u64)> {
        match self {
            Self::Http(http) => http.schedule(batch).await,
            Self::Direct(direct) => direct.schedule(batch).await,
        }
    }
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Flights(flights) = command;
    let sink = find_sink(&flights.place)?;
    let mut total = Report::default();
    for file in &flights.files {
        total.add(import_file(file, flights.shift_weeks, &sink).await?);
    }
    if let Sink::Direct(direct) = &sink {
        direct.close().await;
    }
    say(&total);
    if let Some(broken_off) = total.broken_off {
        bail!("{broken_off}; what stands before that is imported");
    }
    Ok(())
}

fn find_sink(place: &Place) -> anyhow::Result<Sink> {
    if place.names_api() || running_api(place)?.is_some() {
        return Ok(Sink::Http(Http::new(Target::find(place, Role::Seller)?)));
    }
    let data = DataFolder::open(place.data())?;
    Ok(Sink::Direct(Direct::open(data)?))
}

/// Imports one file, and shows how far it is.
pub(crate) async fn import_file(
    path: &Path,
    shift_weeks: u32,
    sink: &Sink,
) -> anyhow::Result<Report> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let progress = Progress::new(path, file.metadata()?.len())?;
    let rows = read_rows(progress.watch(file))
        .with_context(|| format!("cannot read {}", path.display()))?;
    let planes = Planes::embedded();
    let mut report = Report::default();
    let mut batch: Vec<Flight> = Vec::with_capacity(BATCH);
    for row in rows {
        let line_and_request = row.and_then(|row| {
            let request = row.to_request(shift_weeks, planes)?;
            Ok((row.line, request))
        });
        match line_and_request {
            Ok(flight) => batch.push(flight),
            Err(rejected) if rejected.rest_is_unread => {
                let Rejected { line, reason, .. } = rejected;
                let broken_off = format!("{} breaks off at line {line}: {reason}", path.display());
                report.broken_off = Some(broken_off);
            }
            Err(Rejected { line, field, reason, .. }) => {
                progress.say(&report.reject(line, field, &reason));
            }
        }
        if batch.len() == BATCH {
            send(sink, &mut batch, &mut report, &progress).await?;
        }
    }
    send(sink, &mut batch, &mut report, &progress).await?;
    progress.finish();
    report.elapsed = progress.elapsed();
    Ok(report)
}

async fn send(
    sink: &Sink,
    batch: &mut Vec<Flight>,
    report: &mut Report,
    progress: &Progress,
) -> anyhow::Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let (became, position) = sink.schedule(batch).await?;
    report.position = report.position.max(position);
    for ((line, _), became) in batch.drain(..).zip(became) {
        match became {
            Became::New => report.new += 1,
            Became::Unchanged => report.unchanged += 1,
            Became::Rejected { field, reason } => {
                progress.say(&report.reject(line, &field, &reason));
            }
        }
    }
    progress.flights(report.seen());
    Ok(())
}
