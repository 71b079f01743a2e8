use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use uuid::Uuid;

use super::checkpoint::Checkpoints;
use super::lock::FolderLock;
use super::log::{Action, Log, Outcome, Request};
use super::places::Unplaced;
use super::pool::ReadPool;
use super::queries::ReadConnection;
use super::reading::Reading;
use super::schema::{self, Meta};
use super::writer::{Message, Waiting, Writer};
use super::{OpenError, Options, limits, rules, upgrade, wal_check};
use crate::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};

/// Events at the end of the log that are verified before anybody is served.
const VERIFIED_AT_OPEN: u64 = 100;
/// How long dropping the store waits for the committing thread, which goes on by itself.
const DROP_PATIENCE: Duration = Duration::from_secs(2);

/// The embedded engine, opened for writing.
pub struct EmbeddedStore {
    /// Gone once the store shuts down; a full queue is never waited for under this lock.
    queue: RwLock<Option<mpsc::Sender<Message>>>,
    /// Bounds the bytes in the queue, as its capacity bounds the appends.
    room: Arc<Semaphore>,
    stopped: watch::Receiver<Option<String>>,
    pub(super) reading: Reading,
    log_id: Uuid,
    pub(super) protected: Vec<String>,
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
        Self::open_with(folder, Options::default())
    }

    /// Opens with other options than the default ones.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with(folder: &Path, options: Options) -> Result<Arc<Self>, OpenError> {
        let limits = options.limits;
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
        if !is_new {
            upgrade::run(folder)?;
        }
        // What a killed process had written and not synced is in the log now: nobody may be told
        // of it before the disk has it.
        wal_check::sync(&schema::wal_path(folder))?;
        let (connection, meta) = schema::open_writer(&path, &limits)?;
        if is_new {
            std::fs::File::open(folder)?.sync_all()?;
        }
        let unplaced = Arc::new(Unplaced::default());
        let reader = ReadConnection::open(&path, Arc::default(), Some(Arc::clone(&unplaced)))?;
        verify_end(&reader, meta)?;
        let checkpointer = schema::open_checkpointer(&path)?;
        let log = Log::new(connection, meta, limits.gathered_places, unplaced)?;
        if wal.committed_frames > 0 {
            log.settle()?;
        }
        let readers = ReadPool::new(path, reader, limits.readers);
        Self::start(log, checkpointer, meta, lock, readers, options)
    }

    fn start(
        log: Log,
        checkpointer: rusqlite::Connection,
        meta: Meta,
        lock: Arc<FolderLock>,
        readers: ReadPool,
        options: Options,
    ) -> Result<Arc<Self>, OpenError> {
        let limits = options.limits;
        let (queue, waiting) = mpsc::channel(limits.queued_appends.max(1));
        let (head_sender, head) = watch::channel(meta.head);
        let (stopped_sender, stopped) = watch::channel(None);
        let (finished_sender, finished) = channel();
        let wake = queue.downgrade();
        let checkpoints = Checkpoints::start(checkpointer, &limits, move || {
            if let Some(queue) = wake.upgrade() {
                // A full queue is on its way to the thread anyway.
                drop(queue.try_send(Message::Wake));
            }
        })?;
        let writer = Writer {
            log,
            checkpoints,
            limits,
            head: head_sender,
            stopped: stopped_sender,
            is_full: false,
            lock: Arc::clone(&lock),
            finished: finished_sender,
        };
        let handle = std::thread::Builder::new()
            .name("event-store-commit".into())
            .spawn(move || writer.run(waiting))?;
        let room = limits.queued_bytes.clamp(limits::LARGEST_HELD, Semaphore::MAX_PERMITS);
        Ok(Arc::new(Self {
            queue: RwLock::new(Some(queue)),
            room: Arc::new(Semaphore::new(room)),
            stopped,
            reading: Reading {
                readers: Arc::new(readers),
                head,
                scanned_positions: limits.scanned_positions,
            },
            log_id: meta.log_id,
            protected: options.protected_categories,
            thread: Mutex::new(Some(Thread { handle, finished, _lock: lock })),
        }))
    }

    /// Why the engine stopped, if something made it. The channel closes when it ends in order.
    pub fn stopped(&self) -> watch::Receiver<Option<String>> {
        self.stopped.clone()
    }

    /// The last durable position, as it moves. The channel closes when the engine ends.
    pub fn watch_head(&self) -> watch::Receiver<u64> {
        self.reading.head.clone()
    }

    /// Lets the log file grow to so many pages of 8 KiB ([`super::Limits::log_pages`]).
    ///
    /// # Errors
    /// When the engine has stopped, or is too busy.
    pub async fn set_log_pages(&self, pages: u32) -> Result<(), AppendError> {
        let (answer, answered) = oneshot::channel();
        self.send(Message::LogPages { pages, answer })?;
        answered.await.map_err(|_| self.unavailable())
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

    async fn commit(&self, request: Request, bytes: usize) -> Outcome {
        rules::check(&request, &self.protected)?;
        let events = match &request.action {
            Action::Append(events) => events.len(),
            Action::Delete | Action::Tombstone => 1,
        };
        let bytes = bytes + limits::held(events);
        let permits = u32::try_from(bytes).map_err(|_| AppendError::Busy)?;
        let room = Arc::clone(&self.room)
            .try_acquire_many_owned(permits)
            .map_err(|_| AppendError::Busy)?;
        let (answer, answered) = oneshot::channel();
        self.send(Message::Write(Waiting { request, bytes, room, answer }))?;
        answered.await.unwrap_or_else(|_| {
            Err(AppendError::OutcomeUnknown(
                "the committing thread ended before it answered".into(),
            ))
        })
    }

    pub(super) fn send(&self, message: Message) -> Result<(), AppendError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else {
            return Err(self.unavailable());
        };
        queue.try_send(message).map_err(|error| match error {
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
        let action = Action::Append(events);
        self.commit(Request { stream: stream.clone(), expected, action }, bytes).await
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        let request = Request { stream: stream.clone(), expected, action: Action::Delete };
        self.commit(request, 0).await.map(|deleted| deleted.position)
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        let request = Request { stream: stream.clone(), expected, action: Action::Tombstone };
        self.commit(request, 0).await.map(|deleted| deleted.position)
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
        Ok(*self.reading.head.borrow())
    }

    fn log_id(&self) -> Uuid {
        self.log_id
    }

    fn is_sole_writer(&self) -> bool {
        true
    }

    fn has_gapless_positions(&self) -> bool {
        true
    }
}

/// Verifies the last events, which are the ones a crash may have touched, and those whose places
/// are to be read from them.
pub(super) fn verify_end(reader: &ReadConnection, meta: Meta) -> Result<(), OpenError> {
    let mut after = meta.head.saturating_sub(VERIFIED_AT_OPEN).min(meta.placed);
    while after < meta.head {
        let page = reader.all(after, meta.head, &Filter::All, usize::MAX);
        after = page
            .map_err(|error| match error {
                ReadError::Damaged { .. } => OpenError::Damaged(error.to_string()),
                _ => OpenError::Disk(error.into()),
            })?
            .scanned_to;
    }
    Ok(())
}
