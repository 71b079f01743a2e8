use event_store::{AppendError, Appended, ExpectedRevision, NewEvent, ReadError, StreamName};
use eventstore::BatchWriteResult;

use crate::event::{sent, weight};
use crate::options::MAX_APPEND_BYTES;
use crate::outcome::{Refusal, of_append};
use crate::sessions::{Proposal, Sent};
use crate::store::EventStoreDb;

impl EventStoreDb {
    pub(crate) async fn append_once(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        if events.is_empty() {
            return Err(AppendError::Empty);
        }
        let bytes = events.iter().map(weight).sum();
        if bytes > MAX_APPEND_BYTES {
            return Err(AppendError::TooLarge { bytes, limit: MAX_APPEND_BYTES });
        }
        let count = events.len() as u64;
        let prepared = events.iter().map(sent).collect::<Option<Vec<_>>>();
        let Some(prepared) = prepared else {
            let reason = "data that is said to be JSON is not even text: send it as binary";
            return Err(AppendError::Denied(reason.to_owned()));
        };
        let proposal = Proposal {
            stream: stream.as_str().to_owned(),
            expected: self::expected(expected),
            events: prepared,
        };
        match self.sessions.send(proposal, self.options.append_deadline).await {
            Sent::Answered(Ok(written)) => self.appended(stream, &written, count).await,
            Sent::Answered(Err(error)) => Err(self.refused(stream, &error, bytes).await),
            Sent::Silent => Err(open("no answer came in time")),
            Sent::Busy => Err(AppendError::Busy),
            Sent::Unreachable(reason) => Err(AppendError::Unavailable(reason)),
        }
    }

    async fn appended(
        &self,
        stream: &StreamName,
        written: &BatchWriteResult,
        count: u64,
    ) -> Result<Appended, AppendError> {
        let last_revision =
            written.current_revision().ok_or_else(|| open("the answer names no revision"))?;
        let first_revision = (last_revision + 1)
            .checked_sub(count)
            .ok_or_else(|| open("the answer names a revision that cannot be"))?;
        let position = match written.current_position() {
            Some(position) => position.commit,
            // A node may leave it out when it has seen the append before.
            None => self
                .reads
                .stream(stream, last_revision, 1)
                .await
                .ok()
                .and_then(|events| events.first().map(|event| event.position))
                .ok_or_else(|| open("the answer names no position"))?,
        };
        Ok(Appended { first_revision, last_revision, position })
    }

    /// What a refusal means. Where the crate drops the details, the stream is asked; when it does
    /// not answer either, the outcome is said to be unknown, which is always safe.
    pub(crate) async fn refused(
        &self,
        stream: &StreamName,
        error: &eventstore::Error,
        bytes: usize,
    ) -> AppendError {
        match of_append(error, bytes) {
            Refusal::Known(error) => error,
            Refusal::WrongRevision | Refusal::StreamState => {
                match self.reads.last_revision(stream).await {
                    Ok(actual) => AppendError::WrongExpectedRevision { actual },
                    Err(ReadError::StreamDeleted) => AppendError::StreamDeleted,
                    Err(error) => open(&format!("it was refused, and then: {error}")),
                }
            }
        }
    }
}

fn open(reason: &str) -> AppendError {
    AppendError::OutcomeUnknown(reason.to_owned())
}

pub(crate) fn expected(expected: ExpectedRevision) -> eventstore::ExpectedRevision {
    match expected {
        ExpectedRevision::Any => eventstore::ExpectedRevision::Any,
        ExpectedRevision::NoStream => eventstore::ExpectedRevision::NoStream,
        ExpectedRevision::StreamExists => eventstore::ExpectedRevision::StreamExists,
        ExpectedRevision::Exact(revision) => eventstore::ExpectedRevision::Exact(revision),
    }
}
