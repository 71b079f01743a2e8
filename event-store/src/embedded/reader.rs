use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use uuid::Uuid;

use super::lock::FolderLock;
use super::pool::ReadPool;
use super::queries::ReadConnection;
use super::store::verify_end;
use super::{Limits, OpenError, schema, wal_check};
use crate::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName,
};

/// The log of an engine that runs in another process, or does not run: for reading only.
pub struct EmbeddedReader {
    readers: ReadPool,
    /// Moves only when asked to: see [`EmbeddedReader::refresh_head`].
    head: watch::Sender<u64>,
    log_id: Uuid,
    limits: Limits,
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
        let mut reader = ReadConnection::open(&path)?;
        let meta = schema::read_meta(reader.connection())?;
        verify_end(&mut reader, meta)?;
        Ok(Arc::new(Self {
            readers: ReadPool::new(path, reader, limits.readers),
            head: watch::Sender::new(meta.head),
            log_id: meta.log_id,
            limits,
        }))
    }

    /// Looks where the log ends now, and tells whoever waits for its head.
    ///
    /// # Errors
    /// When the log cannot be read, or is not the one that was opened.
    pub async fn refresh_head(&self) -> Result<u64, ReadError> {
        let read = self.readers.run(|log| {
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
        Err(AppendError::Unavailable("opened read-only".into()))
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let stream = stream.clone();
        self.readers.run(move |log| log.stream(&stream, from, max)).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let stream = stream.clone();
        self.readers.run(move |log| log.stream_backwards(&stream, max)).await
    }

    async fn read_all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        let filter = filter.clone();
        let upto = after.saturating_add(self.limits.scanned_positions).min(*self.head.borrow());
        self.readers.run(move |log| log.all(after, upto, &filter, max)).await
    }

    fn head(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    fn log_id(&self) -> Uuid {
        self.log_id
    }

    fn is_sole_writer(&self) -> bool {
        false
    }
}
