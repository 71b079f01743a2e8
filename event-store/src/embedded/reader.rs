use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use super::lock::FolderLock;
use super::pool::ReadPool;
use super::queries::ReadConnection;
use super::reading::Reading;
use super::store::verify_end;
use super::{Limits, OpenError, schema, wal_check};
use crate::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};

/// The log of an engine that runs in another process, or does not run: for reading only.
pub struct EmbeddedReader {
    reading: Reading,
    /// Moves only when asked to: see [`EmbeddedReader::refresh_head`].
    head: watch::Sender<u64>,
    log_id: Uuid,
}

impl EmbeddedReader {
    /// Opens the log in `folder`, which must exist and be writable: SQLite keeps the index of its
    /// write-ahead log beside it, for readers too. Blocks.
    ///
    /// # Errors
    /// See [`OpenError`]; never `Locked`.
    pub fn open(folder: &Path) -> Result<Arc<Self>, OpenError> {
        let limits = Limits::default();
        let path = schema::log_path(folder);
        if !path.try_exists()? {
            return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        }
        // Beside a running engine the scan may see a file that is being written; the engine has
        // scanned it before it began.
        if let Err(damage) = wal_check::scan(&schema::wal_path(folder))
            && !FolderLock::is_held(folder)
        {
            return Err(damage);
        }
        let reader = ReadConnection::open(&path, Arc::default(), None)?;
        let meta = schema::read_meta(reader.connection())?;
        verify_end(&reader, meta)?;
        let head = watch::Sender::new(meta.head);
        let reading = Reading {
            readers: Arc::new(ReadPool::new(path, reader, limits.readers)),
            head: head.subscribe(),
            scanned_positions: limits.scanned_positions,
        };
        Ok(Arc::new(Self { reading, head, log_id: meta.log_id }))
    }

    /// Looks where the log ends now, and tells whoever waits for its head.
    ///
    /// # Errors
    /// When the log cannot be read, or is not the one that was opened.
    pub async fn refresh_head(&self) -> Result<u64, ReadError> {
        let read = self.reading.readers.run(|log| {
            schema::read_meta(log.connection())
                .map_err(|error| ReadError::Unavailable(error.to_string()))
        });
        let meta = read.await?;
        if meta.log_id != self.log_id {
            return Err(ReadError::Unavailable("another log has taken its place".into()));
        }
        self.head.send_if_modified(|head| {
            let moved = meta.head > *head;
            *head = meta.head.max(*head);
            moved
        });
        Ok(*self.head.borrow())
    }
}

#[async_trait]
impl EventStore for EmbeddedReader {
    async fn append(
        &self,
        _stream: &StreamName,
        _expected: ExpectedRevision,
        _events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        Err(read_only())
    }

    async fn delete(
        &self,
        _stream: &StreamName,
        _expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        Err(read_only())
    }

    async fn tombstone(
        &self,
        _stream: &StreamName,
        _expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        Err(read_only())
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.reading.stream(stream, from, max, usize::MAX).await.map(|page| page.events)
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.reading.stream_backwards(stream, from, max).await
    }

    async fn read_all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.reading.all(after, filter, max).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.reading.all_backwards(before, filter, max).await
    }

    fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        self.reading.subscribe(filter, after)
    }

    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription {
        self.reading.subscribe_to_stream(stream, after)
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.refresh_head().await
    }

    fn log_id(&self) -> Uuid {
        self.log_id
    }

    fn is_sole_writer(&self) -> bool {
        false
    }

    fn has_gapless_positions(&self) -> bool {
        true
    }
}

fn read_only() -> AppendError {
    AppendError::Unavailable("opened read-only".into())
}
