use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use uuid::Uuid;

use super::lock::FolderLock;
use super::log::{Log, Request};
use super::pool::ReadPool;
use super::queries::ReadConnection;
use super::schema::{self, Meta};
use super::writer::{Waiting, Writer};
use super::{Limits, MAX_APPEND_BYTES, OpenError, limits, wal_check};
use crate::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName,
};

/// Events at the end of the log that are verified before anybody is served.
const VERIFIED_AT_OPEN: u64 = 100;
/// How long dropping the store waits for the committing thread, which goes on by itself.
const DROP_PATIENCE: Duration = Duration::from_secs(2);

/// The embedded engine, opened for writing.
pub struct EmbeddedStore {
    /// Gone once the store shuts down; a full queue is never waited for under this lock.
    queue: RwLock<Option<mpsc::Sender<Waiting>>>,
    /// Bounds the bytes in the queue, as its capacity bounds the appends.
    room: Arc<Semaphore>,
    head: watch::Receiver<u64>,
    stopped: watch::Receiver<Option<String>>,
    readers: ReadPool,
    log_id: Uuid,
    limits: Limits,
    thread: Mutex<Option<Thread>>,
}

struct Thread {
    handle: JoinHandle<()>,
    /// Disconnected when the thread is over.
    finished: std::sync::mpsc::Receiver<()>,
    /// After a failure the folder stays locked as long as the store lives: what this process
    /// remembers stays true.
    _lock: Arc<FolderLock>,
}

impl EmbeddedStore {
    /// Opens the log in `folder`, creating both when there is none. Blocks.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(folder: &Path) -> Result<Arc<Self>, OpenError> {
        Self::open_with(folder, Limits::default())
    }

    /// Opens with other limits than the default ones.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with(folder: &Path, limits: Limits) -> Result<Arc<Self>, OpenError> {
        std::fs::create_dir_all(folder)?;
        let lock = Arc::new(FolderLock::take(folder)?);
        let path = schema::log_path(folder);
        let wal = wal_check::scan(&schema::wal_path(folder))?;
        let is_new = std::fs::metadata(&path).map_or(0, |file| file.len()) == 0;
        if is_new && wal.committed_frames > 0 {
            return Err(OpenError::Damaged(
                "there is a write-ahead log, and the log it belongs to is gone".into(),
            ));
        }
        let (connection, meta) = schema::open_writer(&path, &limits)?;
        if is_new {
            std::fs::File::open(folder)?.sync_all()?;
        }
        let mut reader = ReadConnection::open(&path)?;
        verify_end(&mut reader, meta)?;
        Self::start(connection, meta, lock, ReadPool::new(path, reader, limits.readers), limits)
    }

    fn start(
        connection: rusqlite::Connection,
        meta: Meta,
        lock: Arc<FolderLock>,
        readers: ReadPool,
        limits: Limits,
    ) -> Result<Arc<Self>, OpenError> {
        let (queue, waiting) = mpsc::channel(limits.queued_appends.max(1));
        let (head_sender, head) = watch::channel(meta.head);
        let (stopped_sender, stopped) = watch::channel(None);
        let (finished_sender, finished) = channel();
        let writer = Writer {
            log: Log::new(connection, meta.head),
            limits,
            head: head_sender,
            stopped: stopped_sender,
            lock: Arc::clone(&lock),
            finished: finished_sender,
        };
        let handle = std::thread::Builder::new()
            .name("event-store-commit".into())
            .spawn(move || writer.run(waiting))?;
        let room = limits.queued_bytes.clamp(MAX_APPEND_BYTES, Semaphore::MAX_PERMITS);
        Ok(Arc::new(Self {
            queue: RwLock::new(Some(queue)),
            room: Arc::new(Semaphore::new(room)),
            head,
            stopped,
            readers,
            log_id: meta.log_id,
            limits,
            thread: Mutex::new(Some(Thread { handle, finished, _lock: lock })),
        }))
    }

    /// Why the engine stopped, if something made it. The channel closes when it ends in order.
    pub fn stopped(&self) -> watch::Receiver<Option<String>> {
        self.stopped.clone()
    }

    /// Takes no more appends, commits those that wait, moves everything into the log file and
    /// frees the folder. Reading goes on. May be called again.
    pub async fn shutdown(&self) {
        self.close_queue();
        let mut stopped = self.stopped();
        while stopped.changed().await.is_ok() {}
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It has nothing left to do but to end.
            drop(tokio::task::spawn_blocking(move || thread.handle.join()).await);
        }
    }

    fn close_queue(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn send(&self, waiting: Waiting) -> Result<(), AppendError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else {
            return Err(self.unavailable());
        };
        queue.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => AppendError::Busy,
            mpsc::error::TrySendError::Closed(_) => self.unavailable(),
        })
    }

    fn unavailable(&self) -> AppendError {
        let reason = self.stopped.borrow().clone();
        AppendError::Unavailable(reason.unwrap_or_else(|| "it was shut down".into()))
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.close_queue();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.finished.recv_timeout(DROP_PATIENCE)
                == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            tracing::warn!("the committing thread is still busy; it ends by itself");
        }
    }
}

#[async_trait]
impl EventStore for EmbeddedStore {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        let bytes = limits::measure(&events)?;
        let permits = u32::try_from(bytes).map_err(|_| AppendError::Busy)?;
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(permits)
            .map_err(|_| AppendError::Busy)?;
        let (answer, answered) = oneshot::channel();
        let request = Request { stream: stream.clone(), expected, events };
        self.send(Waiting { request, bytes, room, answer })?;
        answered.await.unwrap_or_else(|_| {
            Err(AppendError::OutcomeUnknown(
                "the committing thread ended before it answered".into(),
            ))
        })
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
        self.head.clone()
    }

    fn log_id(&self) -> Uuid {
        self.log_id
    }

    fn is_sole_writer(&self) -> bool {
        true
    }
}

/// Verifies the last events, which are the ones a crash may have touched.
pub(super) fn verify_end(reader: &mut ReadConnection, meta: Meta) -> Result<(), OpenError> {
    let after = meta.head.saturating_sub(VERIFIED_AT_OPEN);
    reader.all(after, meta.head, &Filter::All, usize::MAX).map(drop).map_err(|error| match error {
        ReadError::Damaged { .. } => OpenError::Damaged(error.to_string()),
        ReadError::StreamNotFound | ReadError::Unavailable(_) => OpenError::Disk(error.into()),
    })
}
