//! Starts the appending process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::batch::Load;
use crate::journal::{self, Record};
use crate::report::Report;
use crate::shim::{Recording, Shim};

/// How to start it.
#[derive(Debug, Clone)]
pub struct Spawn {
    /// The program `torture`.
    pub exe: PathBuf,
}

impl Spawn {
    /// A command that plays a scenario on the log in `folder`.
    pub fn command(&self, folder: &Path, load: &Load, round: u32, scenario: &[&str]) -> Command {
        let mut command = self.appender(folder, load, round);
        command.args(scenario);
        command
    }

    fn appender(&self, folder: &Path, load: &Load, round: u32) -> Command {
        let mut command = Command::new(&self.exe);
        command.arg("appender").arg("--folder").arg(folder);
        let numbers = [
            ("--round", u64::from(round)),
            ("--seed", load.seed),
            ("--writers", load.writers.into()),
            ("--streams", load.streams.into()),
            ("--event-bytes", load.event_bytes),
        ];
        for (name, number) in numbers {
            command.args([name, &number.to_string()]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    /// Plays a scenario behind the recorder, to its end. Answers what was recorded.
    ///
    /// # Errors
    /// When the scenario finds a promise broken, or the recording cannot be read.
    pub fn record(
        &self,
        shim: &Shim,
        folder: &Path,
        load: &Load,
        round: u32,
        scenario: &[&str],
    ) -> Result<Vec<Record>> {
        let recording = Recording::new()?;
        let mut command = self.appender(folder, load, round);
        command.arg("--marks").arg(recording.marks()).args(scenario);
        shim.wrap(&mut command, &recording, folder)?;
        let output = command.stderr(Stdio::piped()).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "seed {}: {scenario:?}: {complaint}", load.seed);
        journal::parse(&std::fs::read(recording.journal())?)
    }
}

/// The appending process while it runs. Killed when it is let go.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(mut command: Command) -> Result<Self> {
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().context("its output is not piped")?;
        Ok(Self { child, lines: BufReader::new(stdout) })
    }

    /// The next thing it says; `None` when it has ended. What a kill cut short was not said.
    ///
    /// # Errors
    /// When it says something else than reports.
    pub fn next_report(&mut self) -> Result<Option<Report>> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        line.strip_suffix('\n').map(Report::parse).transpose()
    }

    /// Kills it with SIGKILL, wherever it is, and answers what it had still said.
    ///
    /// # Errors
    /// When it had ended by itself.
    pub fn kill(mut self) -> Result<Vec<Report>> {
        ensure!(self.child.try_wait()?.is_none(), "the process ended before it was killed");
        self.child.kill()?;
        let mut said = Vec::new();
        while let Some(report) = self.next_report()? {
            said.push(report);
        }
        self.child.wait()?;
        Ok(said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The reports among the records, in order.
///
/// # Errors
/// When a mark is no report.
pub fn reports(records: &[Record]) -> Result<Vec<Report>> {
    let marks = records.iter().filter_map(|record| match record {
        Record::Mark(line) => Some(Report::parse(line)),
        _ => None,
    });
    marks.collect()
}
