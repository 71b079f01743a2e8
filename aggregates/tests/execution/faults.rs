use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use event_store::{
    AppendError, Appended, EventStore, ExpectedRevision, Filter, LogPage, NewEvent, ReadError,
    RecordedEvent, StreamName, StreamSubscription, Subscription,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It happens, and the answer is lost.
    LosesTheAnswer,
    /// It does not happen, and the answer is lost.
    LosesTheRequest,
    /// It is refused at once.
    Busy,
    /// It is refused to whoever sends it, without a look at what was sent before.
    Denied,
}

/// The real engine behind a connection that fails on demand, holds appends back on demand, and
/// says whether others may write.
pub(crate) struct Faulty {
    engine: Arc<dyn EventStore>,
    faults: Mutex<VecDeque<Fault>>,
    /// Every append that was sent, in order.
    pub(crate) sent: Mutex<Vec<(ExpectedRevision, Vec<NewEvent>)>>,
    /// Appends wait for a permit each while this is shut.
    pub(crate) gate: Semaphore,
    gated: AtomicBool,
    others_write: AtomicBool,
    leaves_gaps: AtomicBool,
}

impl Faulty {
    pub(crate) fn new(engine: Arc<dyn EventStore>) -> Arc<Self> {
        Arc::new(Self {
            engine,
            faults: Mutex::default(),
            sent: Mutex::default(),
            gate: Semaphore::new(0),
            gated: AtomicBool::new(false),
            others_write: AtomicBool::new(false),
            leaves_gaps: AtomicBool::new(false),
        })
    }

    pub(crate) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    pub(crate) fn shut_gate(&self) {
        self.gated.store(true, Ordering::SeqCst);
    }

    pub(crate) fn open_gate(&self) {
        self.gated.store(false, Ordering::SeqCst);
        self.gate.add_permits(1_000);
    }

    pub(crate) fn let_others_write(&self) {
        self.others_write.store(true, Ordering::SeqCst);
    }

    /// Says nothing of where the events of an append stand but the last one, as a cluster does.
    pub(crate) fn leave_gaps(&self) {
        self.leaves_gaps.store(true, Ordering::SeqCst);
    }

    pub(crate) fn appends(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

#[async_trait]
impl EventStore for Faulty {
    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
        events: Vec<NewEvent>,
    ) -> Result<Appended, AppendError> {
        self.sent.lock().unwrap().push((expected, events.clone()));
        if self.gated.load(Ordering::SeqCst) {
            self.gate.acquire().await.unwrap().forget();
        }
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => self.engine.append(stream, expected, events).await,
            Some(Fault::LosesTheAnswer) => {
                self.engine.append(stream, expected, events).await.unwrap();
                Err(AppendError::OutcomeUnknown("the answer was lost".into()))
            }
            Some(Fault::LosesTheRequest) => {
                Err(AppendError::OutcomeUnknown("the request was lost".into()))
            }
            Some(Fault::Busy) => Err(AppendError::Busy),
            Some(Fault::Denied) => Err(AppendError::Denied("another password".into())),
        }
    }

    async fn delete(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        self.engine.delete(stream, expected).await
    }

    async fn tombstone(
        &self,
        stream: &StreamName,
        expected: ExpectedRevision,
    ) -> Result<u64, AppendError> {
        self.engine.tombstone(stream, expected).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: u64,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.engine.read_stream(stream, from, max).await
    }

    async fn read_stream_backwards(
        &self,
        stream: &StreamName,
        from: Option<u64>,
        max: usize,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        self.engine.read_stream_backwards(stream, from, max).await
    }

    async fn read_all(
        &self,
        after: u64,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.engine.read_all(after, filter, max).await
    }

    async fn read_all_backwards(
        &self,
        before: Option<u64>,
        filter: &Filter,
        max: usize,
    ) -> Result<LogPage, ReadError> {
        self.engine.read_all_backwards(before, filter, max).await
    }

    fn subscribe(&self, filter: Filter, after: u64) -> Subscription {
        self.engine.subscribe(filter, after)
    }

    fn subscribe_to_stream(&self, stream: &StreamName, after: Option<u64>) -> StreamSubscription {
        self.engine.subscribe_to_stream(stream, after)
    }

    async fn head(&self) -> Result<u64, ReadError> {
        self.engine.head().await
    }

    fn log_id(&self) -> Uuid {
        self.engine.log_id()
    }

    fn is_sole_writer(&self) -> bool {
        !self.others_write.load(Ordering::SeqCst)
    }

    fn has_gapless_positions(&self) -> bool {
        !self.leaves_gaps.load(Ordering::SeqCst)
    }
}
