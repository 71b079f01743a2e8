//! The process that is killed, cut off and starved: appends, and says what it was answered.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use event_store::embedded::{EmbeddedStore, Limits, Options};
use event_store::{AppendError, EventStore, ExpectedRevision, ReadError, StreamName};

use crate::batch::{BatchId, Load};
use crate::report::{Refusal, Report};
use crate::scenario::Scenario;

/// What the appending process is told.
#[derive(Debug, Clone, clap::Args)]
pub struct AppenderArgs {
    /// The folder of the log.
    #[arg(long)]
    pub folder: PathBuf,
    /// Which life of the process on this log; batches of different lives differ.
    #[arg(long, default_value_t = 0)]
    pub round: u32,
    /// Where the recorder takes marks and instructions.
    #[arg(long)]
    pub marks: Option<PathBuf>,
    /// Appends that may wait; the engine's own limit when not given.
    #[arg(long)]
    pub queued_appends: Option<usize>,
    /// Frames behind which a checkpoint is made; the engine's own limit when not given.
    #[arg(long)]
    pub checkpoint_frames: Option<u64>,
    /// What to append.
    #[command(flatten)]
    pub load: Load,
    /// What to do.
    #[command(subcommand)]
    pub scenario: Scenario,
}

/// A store, and where its answers are reported.
#[derive(Clone)]
pub(crate) struct Appender {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) load: Load,
    round: u32,
    voice: Arc<Mutex<Option<File>>>,
}

/// Runs the process.
///
/// # Errors
/// When the scenario finds a promise broken, or cannot be played.
pub async fn run(args: AppenderArgs) -> Result<()> {
    let marks = match &args.marks {
        Some(path) => Some(File::create(path).context("the file of marks")?),
        None => None,
    };
    let voice = Arc::new(Mutex::new(marks));
    for instruction in args.scenario.before_opening() {
        instruct(&voice, instruction)?;
    }
    let mut limits = Limits::default();
    if let Some(queued_appends) = args.queued_appends {
        limits = Limits { queued_appends, transaction_appends: 4, ..limits };
    }
    if let Some(checkpoint_frames) = args.checkpoint_frames {
        limits = Limits { checkpoint_frames, wal_frames: 3 * checkpoint_frames, ..limits };
    }
    let options = Options { limits, ..Options::default() };
    let store = EmbeddedStore::open_with(&args.folder, options)?;
    let appender = Appender { store, load: args.load, round: args.round, voice };
    appender.say(&Report::Ready)?;
    args.scenario.play(appender).await
}

fn instruct(voice: &Mutex<Option<File>>, instruction: &str) -> Result<()> {
    let mut voice = voice.lock().unwrap_or_else(PoisonError::into_inner);
    let marks = voice.as_mut().context("an instruction needs the recorder")?;
    Ok(marks.write_all(format!("!{instruction}\n").as_bytes())?)
}

impl Appender {
    /// Says one thing, in one write, to the parent and to the recorder.
    pub(crate) fn say(&self, report: &Report) -> Result<()> {
        let line = format!("{report}\n");
        let mut voice = self.voice.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(marks) = voice.as_mut() {
            marks.write_all(line.as_bytes())?;
        }
        // Fails when the parent is gone; then so are we.
        let mut stdout = io::stdout().lock();
        stdout.write_all(line.as_bytes())?;
        Ok(stdout.flush()?)
    }

    pub(crate) fn note(&self, words: impl Into<String>) -> Result<()> {
        self.say(&Report::Note(words.into()))
    }

    /// Has the recorder do something from now on.
    pub(crate) fn instruct(&self, instruction: &str) -> Result<()> {
        instruct(&self.voice, instruction)
    }

    pub(crate) fn batch_id(&self, writer: u32, number: u32) -> BatchId {
        BatchId { round: self.round, writer, number }
    }

    /// Sends one batch and reports the answer.
    pub(crate) async fn send(
        &self,
        id: BatchId,
        expected: ExpectedRevision,
    ) -> Result<Result<u64, AppendError>> {
        let (stream, events) = self.load.batch(id);
        let answer = self.store.append(&stream, expected, events).await;
        let report = match &answer {
            Ok(appended) => Report::Acked(id, *appended),
            Err(AppendError::WrongExpectedRevision { .. }) => {
                Report::Refused(id, Refusal::WrongRevision)
            }
            Err(AppendError::Busy) => Report::Refused(id, Refusal::Busy),
            Err(AppendError::Unavailable(_)) => Report::Refused(id, Refusal::Unavailable),
            Err(AppendError::OutcomeUnknown(_)) => Report::Unknown(id),
            Err(other) => anyhow::bail!("batch {id}: {other}"),
        };
        self.say(&report)?;
        Ok(answer.map(|appended| appended.last_revision))
    }

    /// All writers at the same time, each until it has sent its batches or the engine stops.
    pub(crate) async fn append_all(&self, numbers: std::ops::Range<u32>) -> Result<()> {
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..self.load.writers {
            let (appender, numbers) = (self.clone(), numbers.clone());
            writers.spawn(async move { appender.write(writer, numbers).await });
        }
        while let Some(ended) = writers.join_next().await {
            ended??;
        }
        Ok(())
    }

    async fn write(&self, writer: u32, numbers: std::ops::Range<u32>) -> Result<()> {
        let mut heads: HashMap<StreamName, Option<u64>> = HashMap::new();
        for number in numbers {
            let id = self.batch_id(writer, number);
            let (stream, _) = self.load.batch(id);
            let last = match heads.get(&stream) {
                Some(last) => *last,
                None => self.last_revision(&stream).await?,
            };
            let expected = last.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
            match self.send(id, expected).await? {
                Ok(last) => {
                    heads.insert(stream, Some(last));
                }
                Err(AppendError::WrongExpectedRevision { actual }) => {
                    heads.insert(stream, actual);
                }
                Err(AppendError::Busy) => tokio::task::yield_now().await,
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    async fn last_revision(&self, stream: &StreamName) -> Result<Option<u64>> {
        match self.store.read_stream_backwards(stream, None, 1).await {
            Ok(events) => Ok(events.first().map(|event| event.revision)),
            Err(ReadError::StreamNotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
