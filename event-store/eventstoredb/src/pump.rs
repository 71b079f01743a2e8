use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use event_store::{Filter, ReadError, RecordedEvent, StreamName};
use eventstore::{
    Client, Position, StreamPosition, SubscribeToAllOptions, SubscribeToStreamOptions,
    Subscription, SubscriptionEvent,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tracing::instrument::WithSubscriber;

use crate::connection_string::ConnectionString;
use crate::end_of_stream::EndOfStream;
use crate::event::recorded;
use crate::filter::on_the_server;
use crate::link::{AbortOnDrop, Link, Slot};
use crate::options::{BUFFERED_EVENTS, BUFFERED_KIB, SUBSCRIPTIONS_PER_LINK};
use crate::outcome::of_read;
use crate::read::at;

const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The connections of subscriptions, a few on each.
pub(crate) struct SubscriptionLinks {
    to: ConnectionString,
    slots: Mutex<Vec<Arc<Slot>>>,
}

impl SubscriptionLinks {
    pub(crate) fn new(to: ConnectionString) -> Arc<Self> {
        Arc::new(Self { to, slots: Mutex::default() })
    }

    fn take(&self) -> Result<Arc<Slot>, ReadError> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // One count is the list's own.
        let free = slots.iter().find(|slot| Arc::strong_count(slot) <= SUBSCRIPTIONS_PER_LINK);
        if let Some(slot) = free {
            return Ok(slot.clone());
        }
        let slot = Arc::new(Slot::new(&self.to).map_err(ReadError::Unavailable)?);
        slots.push(slot.clone());
        Ok(slot)
    }
}

/// What is subscribed to, and from where: exclusive.
#[derive(Clone)]
pub(crate) enum Source {
    Log { filter: Filter, after: u64 },
    Stream { name: StreamName, after: Option<u64> },
}

pub(crate) enum Item {
    Event(RecordedEvent),
    /// Everything up to this position was considered.
    Checkpoint(u64),
}

/// A subscription of the crate in a task of its own, because a future of the crate's that is
/// dropped loses its place, re-made when it breaks.
pub(crate) struct Feed {
    links: Arc<SubscriptionLinks>,
    slot: Option<Arc<Slot>>,
    pump: Option<Pump>,
    failures: u32,
    not_before: Instant,
}

struct Pump {
    items: mpsc::Receiver<Parcel>,
    link: Arc<Link>,
    _ends_with_this: AbortOnDrop,
}

/// An item, or how the subscription ended; with its share of the buffer.
type Parcel = (Result<Item, End>, Option<OwnedSemaphorePermit>);

enum End {
    Broken(eventstore::Error),
    Unreadable(ReadError),
}

impl Feed {
    pub(crate) fn new(links: Arc<SubscriptionLinks>) -> Self {
        Self { links, slot: None, pump: None, failures: 0, not_before: Instant::now() }
    }

    /// Waits for the next item behind `source`. Dropping the future loses nothing.
    ///
    /// # Errors
    /// What no new attempt could mend; everything else is tried again, for ever.
    pub(crate) async fn next(&mut self, source: &Source) -> Result<Item, ReadError> {
        loop {
            let pump = match &mut self.pump {
                Some(pump) => pump,
                None => {
                    sleep_until(self.not_before).await;
                    self.start(source)?
                }
            };
            let end = match pump.items.recv().await {
                Some((Ok(item), _share)) => {
                    self.failures = 0;
                    return Ok(item);
                }
                Some((Err(end), _)) => Some(end),
                None => None,
            };
            self.ended(end)?;
        }
    }

    /// What is there already.
    pub(crate) fn try_next(&mut self) -> Option<Item> {
        let pump = self.pump.as_mut()?;
        // An end is left for `next`, which closes the channel only behind it.
        match pump.items.try_recv() {
            Ok((Ok(item), _share)) => {
                self.failures = 0;
                Some(item)
            }
            Ok((Err(end), _)) => {
                let _told_by_the_next_attempt = self.ended(Some(end));
                None
            }
            Err(_) => None,
        }
    }

    /// Begins anew on a new connection at the next call.
    pub(crate) fn restart(&mut self) {
        if let (Some(slot), Some(pump)) = (&self.slot, self.pump.take()) {
            slot.replace(&pump.link);
        }
    }

    fn start(&mut self, source: &Source) -> Result<&mut Pump, ReadError> {
        let slot = match &self.slot {
            Some(slot) => slot.clone(),
            None => self.slot.insert(self.links.take()?).clone(),
        };
        let link = slot.link();
        let (sender, items) = mpsc::channel(BUFFERED_EVENTS);
        let work = pump(link.client(), source.clone(), sender);
        let task = link.spawn(work.with_subscriber(EndOfStream::watch()));
        let ends_with_this = AbortOnDrop(task.abort_handle());
        Ok(self.pump.insert(Pump { items, link, _ends_with_this: ends_with_this }))
    }

    fn ended(&mut self, end: Option<End>) -> Result<(), ReadError> {
        let pump = self.pump.take();
        let pause = SHORTEST_PAUSE.saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE);
        self.failures += 1;
        self.not_before = Instant::now() + pause;
        let error = match end {
            Some(End::Broken(error)) => {
                if let (Some(slot), Some(pump)) = (&self.slot, &pump) {
                    slot.heard(&pump.link, &error);
                }
                of_read(&error)
            }
            Some(End::Unreadable(error)) => return Err(error),
            None => ReadError::Unavailable("the subscription was cut".to_owned()),
        };
        match error {
            ReadError::StreamDeleted | ReadError::Denied(_) | ReadError::Filter(_) => Err(error),
            error => {
                tracing::warn!(%error, "a subscription broke and is made anew");
                Ok(())
            }
        }
    }
}

async fn pump(client: Client, source: Source, sender: mpsc::Sender<Parcel>) {
    let room = Arc::new(Semaphore::new(BUFFERED_KIB as usize));
    let mut subscription = subscribe(&client, &source).await;
    loop {
        let parcel = match subscription.next_subscription_event().await {
            Ok(SubscriptionEvent::EventAppeared(event)) => match accept(event, &source) {
                Ok(item) => {
                    let Ok(share) = room.clone().acquire_many_owned(share(&item)).await else {
                        return;
                    };
                    (Ok(item), Some(share))
                }
                Err(error) => (Err(End::Unreadable(error)), None),
            },
            Ok(SubscriptionEvent::Checkpoint(position)) => {
                (Ok(Item::Checkpoint(position.commit)), None)
            }
            Ok(_) => continue,
            Err(error) => (Err(End::Broken(error)), None),
        };
        let is_the_end = parcel.0.is_err();
        if sender.send(parcel).await.is_err() || is_the_end {
            return;
        }
    }
}

async fn subscribe(client: &Client, source: &Source) -> Subscription {
    match source {
        Source::Log { filter, after } => {
            let start = match after {
                0 => StreamPosition::Start,
                after => StreamPosition::<Position>::Position(at(*after)),
            };
            let options = SubscribeToAllOptions::default().position(start);
            let options = match on_the_server(filter) {
                Some(filter) => options.filter(filter),
                None => options,
            };
            client.subscribe_to_all(&options).await
        }
        Source::Stream { name, after } => {
            let start = after.map_or(StreamPosition::Start, StreamPosition::Position);
            let options = SubscribeToStreamOptions::default().start_from(start);
            client.subscribe_to_stream(name.as_str(), &options).await
        }
    }
}

/// An event that does not pass the filter after all still says how far the server is.
fn accept(event: eventstore::ResolvedEvent, source: &Source) -> Result<Item, ReadError> {
    let event = recorded(event)?;
    match source {
        Source::Log { filter, .. } if !filter.passes_event(&event)? => {
            Ok(Item::Checkpoint(event.position))
        }
        Source::Log { .. } | Source::Stream { .. } => Ok(Item::Event(event)),
    }
}

/// An event's share of the buffer, in KiB. One larger than the buffer gets all of it.
fn share(item: &Item) -> u32 {
    match item {
        Item::Event(event) => {
            let bytes = event.data.len() + event.metadata.len();
            u32::try_from(bytes / 1024 + 1).unwrap_or(BUFFERED_KIB).min(BUFFERED_KIB)
        }
        Item::Checkpoint(_) => 1,
    }
}
