//! What a damaged log does: everything it still answers must be true.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use event_store::embedded::{EmbeddedStore, maintenance};
use event_store::{EventStore, ExpectedRevision, Filter, ReadError, RecordedEvent, StreamName};

use crate::batch::{BatchId, Load};
use crate::ledger::{Ledger, read_whole};
use crate::report::Report;
use crate::small_log::SmallLog;

/// Batches that are appended to a log that looks good, enough for a few new pages.
const APPENDED: u32 = 8;

/// What became of one damage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The log does not open.
    Refused,
    /// It opens, and a read says that something is damaged.
    Reported,
    /// It opens, some answer is wrong without a word, and `check` reports damage.
    OnlyByCheck(String),
    /// Everything reads back equal at first; once something is appended, an append or a read
    /// says that something is damaged.
    ReportedLate(String),
    /// Everything reads back equal, also once something is appended.
    Harmless,
    /// The last transaction is gone, as if it had never been acknowledged.
    LastGone,
    /// Something is served that is not what was appended, and nothing says so.
    Served(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "open refused",
            Self::Reported => "read reports it",
            Self::OnlyByCheck(_) => "only check reports it",
            Self::ReportedLate(_) => "reported once appended to",
            Self::Harmless => "harmless, all reads equal",
            Self::LastGone => "last transaction gone (torn tail)",
            Self::Served(_) => "SERVED",
        })
    }
}

/// Counts verdicts, and keeps the bad ones in words.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// How many of which kind.
    pub counts: BTreeMap<String, u32>,
    /// Damage that was served.
    pub findings: Vec<String>,
    /// Damage that only `check` sees.
    pub only_by_check: Vec<String>,
    /// Damage that only an append meets.
    pub reported_late: Vec<String>,
}

impl Verdicts {
    /// Adds one, of a damage described in words.
    pub fn add(&mut self, damage: impl fmt::Display, verdict: Verdict) {
        *self.counts.entry(verdict.to_string()).or_default() += 1;
        match verdict {
            Verdict::Served(what) => self.findings.push(format!("{damage}: {what}")),
            Verdict::ReportedLate(what) => self.reported_late.push(format!("{damage}: {what}")),
            Verdict::OnlyByCheck(what) => self.only_by_check.push(format!("{damage}: {what}")),
            _ => {}
        }
    }

    /// How many damages there were.
    pub fn total(&self) -> u32 {
        self.counts.values().sum()
    }
}

/// Opens the log in a folder and asks it everything; `may_lose_last` when its last transaction
/// may be missing, which a torn tail looks like.
pub async fn judge(folder: &Path, log: &SmallLog, may_lose_last: bool) -> Verdict {
    let (path, events, load) = (folder.to_owned(), log.events.clone(), log.load.clone());
    let short = log.events_without_last(1);
    // In a task of its own, so that a panic is a verdict too.
    let asked = tokio::spawn(async move {
        let shorter = may_lose_last.then_some(short);
        ask(&path, &events, &load, shorter).await
    });
    let verdict =
        asked.await.unwrap_or_else(|error| Verdict::Served(format!("it panics: {error}")));
    match verdict {
        Verdict::Served(what) if check_finds_damage(folder).await => Verdict::OnlyByCheck(what),
        other => other,
    }
}

/// True when `check` reports damage in the log of a folder, or cannot read it.
pub async fn check_finds_damage(folder: &Path) -> bool {
    let folder = folder.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        maintenance::check(&folder, |_, _| {}).map_or(true, |report| !report.damage.is_empty())
    });
    checked.await.unwrap_or(false)
}

async fn ask(
    folder: &Path,
    events: &[RecordedEvent],
    load: &Load,
    shorter: Option<usize>,
) -> Verdict {
    let Ok(store) = EmbeddedStore::open(folder) else { return Verdict::Refused };
    let mut answered = ask_everything(&store, events, &load.stream_names(), shorter).await;
    if answered == Verdict::Harmless {
        answered = append_more(&*store, events, load).await;
    }
    store.shutdown().await;
    answered
}

/// Damage that no read meets may lie in what a write goes by.
async fn append_more(store: &dyn EventStore, events: &[RecordedEvent], load: &Load) -> Verdict {
    let mut ledger = Ledger::new(load.clone());
    ledger.remember(events);
    for number in 0..APPENDED {
        let id = BatchId { round: 1, writer: 0, number };
        let (stream, batch) = load.batch(id);
        match store.append(&stream, ExpectedRevision::Any, batch).await {
            Ok(appended) => ledger.note(&Report::Acked(id, appended)),
            Err(error) => return Verdict::ReportedLate(format!("append: {error}")),
        }
    }
    match read_whole(store, &load.stream_names()).await {
        Err(finding) => Verdict::ReportedLate(finding),
        Ok(log) => match ledger.check(&log) {
            Ok(()) => Verdict::Harmless,
            Err(finding) => Verdict::Served(finding),
        },
    }
}

async fn ask_everything(
    store: &EmbeddedStore,
    events: &[RecordedEvent],
    streams: &[StreamName],
    shorter: Option<usize>,
) -> Verdict {
    let mut asked = Asked { reported: false, wrong: None };
    let head = usize::try_from(store.head().await.unwrap_or(0)).unwrap_or(usize::MAX);
    if head != events.len() && Some(head) != shorter {
        return Verdict::Served(format!("the head is {head} instead of {}", events.len()));
    }
    let events = &events[..head];
    for (after, event) in (0..).zip(events) {
        let read = store.read_all(after, &Filter::All, 1).await.map(|page| page.events);
        asked.compare(read, [event]);
    }
    let read = store.read_all(0, &Filter::All, usize::MAX).await.map(|page| page.events);
    asked.compare(read, events);
    let read = store.read_all_backwards(None, &Filter::All, usize::MAX).await;
    asked.compare(read.map(|page| page.events), events.iter().rev());
    for stream in streams {
        let own: Vec<&RecordedEvent> =
            events.iter().filter(|event| event.stream == *stream).collect();
        for (from, event) in (0..).zip(&own) {
            asked.compare(store.read_stream(stream, from, 1).await, [*event]);
        }
        let whole = match store.read_stream(stream, 0, usize::MAX).await {
            Err(ReadError::StreamNotFound) if own.is_empty() => Ok(Vec::new()),
            other => other,
        };
        asked.compare(whole, own.iter().copied());
        let end = match store.read_stream_backwards(stream, None, 1).await {
            Err(ReadError::StreamNotFound) if own.is_empty() => Ok(Vec::new()),
            other => other,
        };
        asked.compare(end, own.last().copied());
    }
    match asked {
        Asked { wrong: Some(wrong), .. } => Verdict::Served(wrong),
        Asked { reported: true, .. } => Verdict::Reported,
        _ if head < events.len() || Some(head) == shorter => Verdict::LastGone,
        _ => Verdict::Harmless,
    }
}

struct Asked {
    reported: bool,
    wrong: Option<String>,
}

impl Asked {
    fn compare<'a>(
        &mut self,
        read: Result<Vec<RecordedEvent>, ReadError>,
        expected: impl IntoIterator<Item = &'a RecordedEvent>,
    ) {
        match read {
            Ok(read) => {
                if !read.iter().eq(expected) {
                    self.wrong = Some(format!("{} events read are others", read.len()));
                }
            }
            Err(ReadError::StreamNotFound | ReadError::StreamDeleted) => {
                self.wrong = Some("a stream that exists is said not to".into());
            }
            Err(_) => self.reported = true,
        }
    }
}
