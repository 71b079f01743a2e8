//! A group's end of a consumer's connection.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;
use uuid::Uuid;

use super::message::Message;
use super::stats::{Count, Counter, Latencies};

/// An event on its way to a consumer.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) message: Arc<Message>,
    pub(super) retry_count: u32,
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) address: String,
    pub(super) user: String,
    pub(super) name: String,
}

#[derive(Debug)]
pub(super) struct Connection {
    outbox: mpsc::Sender<Delivery>,
    about: About,
    count: Counter,
    latencies: Option<Latencies>,
}

/// What is told about a connection.
#[derive(Debug)]
pub(super) struct ConnectionReport {
    pub(super) about: About,
    pub(super) count: Count,
    pub(super) latencies: Vec<(&'static str, u64)>,
    pub(super) free_slots: usize,
    pub(super) in_flight: usize,
}

impl Connection {
    pub(super) fn new(
        outbox: mpsc::Sender<Delivery>,
        about: About,
        is_measured: bool,
        now: Instant,
    ) -> Self {
        let latencies = is_measured.then(Latencies::default);
        Self { outbox, about, count: Counter::new(now), latencies }
    }

    /// `false`: it does not take more now.
    pub(super) fn send(&mut self, delivery: Delivery, now: Instant) -> bool {
        let id = delivery.message.id();
        match self.outbox.try_send(delivery) {
            Ok(()) => {
                self.count.add();
                if let Some(latencies) = &mut self.latencies {
                    latencies.sent(id, now);
                }
                true
            }
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => false,
        }
    }

    pub(super) fn settled(&mut self, ids: &[Uuid], now: Instant) {
        if let Some(latencies) = &mut self.latencies {
            for id in ids {
                latencies.settled(*id, now);
            }
        }
    }

    pub(super) fn report(
        &mut self,
        (free_slots, in_flight): (usize, usize),
        now: Instant,
    ) -> ConnectionReport {
        ConnectionReport {
            about: self.about.clone(),
            count: self.count.measure(now),
            latencies: self.latencies.as_ref().map(Latencies::summary).unwrap_or_default(),
            free_slots,
            in_flight,
        }
    }
}
