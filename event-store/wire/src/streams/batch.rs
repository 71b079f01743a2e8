//! Many appends a call, many of them under way at once. They begin in the order in which they
//! arrive, so that a client may pipeline appends to one stream; they are answered as they end.
//!
//! Nothing runs on its own here: the client's reading of the answers drives everything, which
//! bounds what a slow one can pile up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

use event_store::{AppendError, EventStore};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

use super::append::of_receiving;
use super::batch_answer::{Proposal, Unfinished};
use crate::access::Caller;
use crate::appender;
use crate::exception;
use crate::limits::{MAX_APPENDS_IN_FLIGHT, MAX_BYTES_IN_FLIGHT};
use crate::protocol::streams::{BatchAppendReq, BatchAppendResp};

/// One call.
struct Call {
    store: Arc<dyn EventStore>,
    caller: Caller,
    shutdown: CancellationToken,
    /// `None` once no more appends are read.
    messages: Option<Streaming<BatchAppendReq>>,
    unfinished: Unfinished,
    in_flight: FuturesUnordered<BoxFuture<'static, Answered>>,
    bytes_in_flight: usize,
    answers: VecDeque<BatchAppendResp>,
    /// How the call ends, after its last answer; `None`: well.
    end: Option<Status>,
}

struct Answered {
    bytes: usize,
    answer: BatchAppendResp,
}

pub(super) fn answer(
    store: Arc<dyn EventStore>,
    caller: Caller,
    messages: Streaming<BatchAppendReq>,
    shutdown: CancellationToken,
) -> BoxStream<'static, Result<BatchAppendResp, Status>> {
    let call = Call {
        store,
        caller,
        shutdown,
        messages: Some(messages),
        unfinished: Unfinished::default(),
        in_flight: FuturesUnordered::new(),
        bytes_in_flight: 0,
        answers: VecDeque::new(),
        end: None,
    };
    stream::unfold(call, |mut call| async move { call.next().await.map(|answer| (answer, call)) })
        .boxed()
}

impl Call {
    async fn next(&mut self) -> Option<Result<BatchAppendResp, Status>> {
        loop {
            if let Some(answer) = self.answers.pop_front() {
                return Some(Ok(answer));
            }
            let reads = self.messages.is_some();
            if !reads && self.in_flight.is_empty() {
                return self.end.take().map(Err);
            }
            let has_room = self.in_flight.len() < MAX_APPENDS_IN_FLIGHT
                && self.bytes_in_flight < MAX_BYTES_IN_FLIGHT;
            tokio::select! {
                Some(answered) = self.in_flight.next(), if !self.in_flight.is_empty() => {
                    self.bytes_in_flight -= answered.bytes;
                    self.answers.push_back(answered.answer);
                }
                message = receive(&mut self.messages), if reads && has_room => {
                    self.take(message).await;
                }
                () = self.shutdown.cancelled(), if reads => self.stop(Some(exception::stopping())),
            }
        }
    }

    /// Reads no further appends; those begun are still answered.
    fn stop(&mut self, end: Option<Status>) {
        self.messages = None;
        self.end = end;
    }

    async fn take(&mut self, message: Result<Option<BatchAppendReq>, Status>) {
        match message {
            Ok(Some(message)) => match self.unfinished.take(message) {
                Ok(Some(proposal)) => self.begin(proposal).await,
                Ok(None) => {}
                Err(status) => self.stop(Some(status)),
            },
            Ok(None) => self.stop(None),
            Err(status) => self.stop(Some(of_receiving(status))),
        }
    }

    async fn begin(&mut self, proposal: Proposal) {
        let bytes = proposal.bytes;
        let mut append = run(Arc::clone(&self.store), self.caller.clone(), proposal).boxed();
        // Asked once right away: the store has it before the next one is read.
        match futures_util::poll!(&mut append) {
            Poll::Ready(answered) => self.answers.push_back(answered.answer),
            Poll::Pending => {
                self.bytes_in_flight += bytes;
                self.in_flight.push(append);
            }
        }
    }
}

async fn receive(
    messages: &mut Option<Streaming<BatchAppendReq>>,
) -> Result<Option<BatchAppendReq>, Status> {
    match messages {
        Some(messages) => messages.message().await,
        None => Ok(None),
    }
}

async fn run(store: Arc<dyn EventStore>, caller: Caller, proposal: Proposal) -> Answered {
    let Proposal { bytes, head, events } = proposal;
    let (stream, expected, events) = match (&head.target, &events) {
        (Ok((stream, expected)), Ok(_)) => (stream, *expected, events.unwrap_or_default()),
        (Err(why), _) | (_, Err(why)) => return Answered { bytes, answer: head.refusal(why) },
    };
    let outcome = match caller.may_write(stream) {
        Ok(()) => appender::append(&*store, stream, expected, events, head.patience()).await,
        Err(status) => Err(AppendError::Denied(status.message().to_owned())),
    };
    Answered { bytes, answer: head.answer(outcome) }
}
