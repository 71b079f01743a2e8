//! Taking away what retention and deletion hide. The rows stay, emptied, so that positions and
//! revisions have no gaps; events of protected categories stay whole.

use rusqlite::OptionalExtension;
use tokio::sync::oneshot;

use super::log::{Failure, Log};
use super::rows::{SCAVENGED, Stored, damaged, failed, select_events};
use super::rules::is_protected;
use super::schema::sql;
use super::store::EmbeddedStore;
use super::stream_row::StreamRow;
use super::writer::Message;
use super::writing::Writing;
use crate::{AppendError, ReadError, StreamName};

/// Events that one transaction empties: appends wait no longer than for that.
const SLICE: u64 = 500;

/// What a scavenge took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScavengeReport {
    /// Streams that lost events.
    pub streams: u64,
    /// Events that were emptied.
    pub events: u64,
    /// Bytes of data and metadata that they had.
    pub bytes: u64,
}

/// What one transaction of a scavenge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Slice {
    events: u64,
    bytes: u64,
    more: bool,
}

impl EmbeddedStore {
    /// Empties the events that their streams' metadata or deletion hides, while appends go on.
    /// They are not read any more, neither in their streams nor in the whole log.
    ///
    /// # Errors
    /// `Damaged` at an event that is not what was written, which is left as it is; `Unavailable`
    /// when the engine has stopped. What was done before stays done.
    pub async fn scavenge(&self) -> Result<ScavengeReport, ReadError> {
        let mut report = ScavengeReport::default();
        for stream in self.scavengeable().await? {
            let before = report.events;
            loop {
                let slice = self.scavenge_slice(&stream).await?;
                report.events += slice.events;
                report.bytes += slice.bytes;
                if !slice.more {
                    break;
                }
            }
            report.streams += u64::from(report.events > before);
        }
        Ok(report)
    }

    async fn scavengeable(&self) -> Result<Vec<StreamName>, ReadError> {
        let read = self.reading.readers.run(|log| {
            let find = || {
                log.connection()
                    .prepare_cached(
                        "SELECT name FROM streams
                         WHERE tombstoned OR max_count IS NOT NULL OR max_age IS NOT NULL
                            OR truncate_before > scavenged_before OR name GLOB '$$?*'",
                    )?
                    .query_map([], |row| Ok(StreamName::stored(row.get_ref(0)?.as_str()?)))?
                    .collect::<rusqlite::Result<Vec<_>>>()
            };
            find().map_err(|error| failed(&error, 0))
        });
        let mut streams = read.await?;
        streams.retain(|stream| !is_protected(stream, &self.protected));
        Ok(streams)
    }

    async fn scavenge_slice(&self, stream: &StreamName) -> Result<Slice, ReadError> {
        loop {
            let (answer, answered) = oneshot::channel();
            match self.send(Message::Scavenge { stream: stream.clone(), answer }) {
                Ok(()) => {}
                Err(AppendError::Busy) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Err(error) => return Err(ReadError::Unavailable(error.to_string())),
            }
            return answered.await.unwrap_or_else(|_| {
                Err(ReadError::Unavailable("the committing thread has ended".into()))
            });
        }
    }
}

impl Log {
    /// Empties the next events of a stream that are to go.
    pub(super) fn scavenge(
        &mut self,
        stream: &StreamName,
    ) -> Result<Result<Slice, ReadError>, Failure> {
        self.commit(|writing| {
            let Some(row) = writing.names.stream(writing.places(), stream)? else {
                return Ok(Ok(Slice::default()));
            };
            let end = row.first_kept(writing.places(), stream)?;
            let upto = end.min(row.scavenged_before + SLICE);
            if upto <= row.scavenged_before {
                return Ok(Ok(Slice::default()));
            }
            let emptied = match to_empty(writing, stream, &row, upto)? {
                Ok(emptied) => emptied,
                Err(damage) => return Ok(Err(damage)),
            };
            let mut slice = Slice { more: upto < end, ..Slice::default() };
            let mut empty = writing.connection.prepare_cached(
                "UPDATE events SET data = X'', metadata = X'', flags = ?2, checksum = ?3
                 WHERE position = ?1",
            )?;
            for event in emptied {
                empty.execute((sql(event.position), event.flags, event.checksum))?;
                slice.events += 1;
                slice.bytes += event.bytes;
            }
            let row = StreamRow { scavenged_before: upto, ..row };
            writing.names.update(writing.connection, stream, row)?;
            Ok(Ok(slice))
        })
    }
}

struct Emptied {
    position: u64,
    flags: u8,
    checksum: u32,
    bytes: u64,
}

/// What the events before `upto` become. Each is verified first: a new checksum must not make
/// damage look good.
fn to_empty(
    writing: &Writing<'_>,
    stream: &StreamName,
    row: &StreamRow,
    upto: u64,
) -> rusqlite::Result<Result<Vec<Emptied>, ReadError>> {
    let mut find = writing.connection.prepare_cached(select_events!("WHERE position = ?1"))?;
    let mut types =
        writing.connection.prepare_cached("SELECT name FROM event_types WHERE id = ?1")?;
    let mut emptied = Vec::new();
    let mut due = row.scavenged_before;
    while due < upto
        && let Some(position) = writing.position(row.id, due)?
    {
        let mut rows = find.query([sql(position)])?;
        let Some(row) = rows.next()? else { break };
        let stored = match Stored::read(row) {
            Ok(stored) => stored,
            Err(damage) => return Ok(Err(damage)),
        };
        let name: Option<String> =
            types.query_row([stored.event_type], |row| row.get(0)).optional()?;
        let name = name.unwrap_or_default();
        if let Err(damage) = stored.verify(stream.as_str(), &name) {
            return Ok(Err(damage));
        }
        if stored.revision != due {
            return Ok(Err(damaged(stored.position, format!("revision {due} is missing"))));
        }
        due += 1;
        let bytes = (stored.data.len() + stored.metadata.len()) as u64;
        let flags = stored.flags | SCAVENGED;
        let left = Stored { flags, data: &[], metadata: &[], ..stored };
        emptied.push(Emptied {
            position: left.position,
            flags,
            checksum: left.checked(stream.as_str(), &name).sum(),
            bytes,
        });
    }
    if due != upto {
        return Ok(Err(damaged(0, format!("revision {due} of {stream} is missing"))));
    }
    Ok(Ok(emptied))
}
