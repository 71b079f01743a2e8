//! All groups: created, changed and deleted here, kept in the configuration stream, each with
//! its own task. Nothing is read before the first call: a server nobody asks for persistent
//! subscriptions does nothing for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use event_store::{EventStore, ExpectedRevision, NewEvent, StreamName};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;

use super::entry::{Configuration, Entry, Name, StartFrom, WantedNames};
use super::failure;
use super::settings::Settings;
use super::storage::{CONFIGURATION_STREAM, Storage, id_of, last_event};
use super::task::{self, Command, Start};
use crate::exception;

const CONFIGURATION_TYPE: &str = "$PersistentConfig";
const CONFIGURATION_VERSION: u32 = 1;
/// Their configuration is one event.
const MAX_GROUPS: usize = 1_000;

/// What a client asks for with a new or a changed group.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) name: Name,
    pub(super) start_from: StartFrom,
    /// Of a new group; a changed one keeps the filter it has.
    pub(super) filter: Option<WantedNames>,
    pub(super) settings: Settings,
}

pub(super) struct Manager {
    store: Arc<dyn EventStore>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    /// Held while a group is created, changed or deleted; never while one is consumed.
    groups: Mutex<Option<Groups>>,
}

/// As the configuration stream has them.
struct Groups {
    revision: Option<u64>,
    running: BTreeMap<Name, Running>,
}

struct Running {
    entry: Entry,
    commands: mpsc::Sender<Command>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        // It ends by itself within its own patience; that it panicked was said already.
        drop(self.task.await);
    }
}

impl Groups {
    fn entries(&self) -> Vec<Entry> {
        self.running.values().map(|running| running.entry.clone()).collect()
    }

    fn next_revision(&self) -> u64 {
        self.revision.map_or(0, |revision| revision + 1)
    }
}

impl Manager {
    pub(super) fn new(store: Arc<dyn EventStore>, shutdown: CancellationToken) -> Self {
        Self { store, shutdown, tasks: TaskTracker::new(), groups: Mutex::new(None) }
    }

    pub(super) fn store(&self) -> &dyn EventStore {
        &*self.store
    }

    /// The server is stopping: consumers end as unavailable.
    pub(super) fn is_stopping(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// Waits until every group has written its last checkpoint. Only ends after the shutdown.
    pub(super) async fn stopped(&self) {
        self.shutdown.cancelled().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// A group, and where to send commands to it.
    pub(super) async fn find(&self, name: &Name) -> Result<(Entry, mpsc::Sender<Command>), Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        let running = groups.running.get(name).ok_or_else(|| failure::does_not_exist(name))?;
        Ok((running.entry.clone(), running.commands.clone()))
    }

    /// Every group, or those of one source.
    pub(super) async fn list(
        &self,
        source: Option<&str>,
    ) -> Result<Vec<(Entry, mpsc::Sender<Command>)>, Status> {
        let mut groups = self.groups.lock().await;
        let groups = self.loaded(&mut groups).await?;
        Ok(groups
            .running
            .values()
            .filter(|running| source.is_none_or(|source| running.entry.name.source == source))
            .map(|running| (running.entry.clone(), running.commands.clone()))
            .collect())
    }

    pub(super) async fn create(&self, wish: Wish) -> Result<(), Status> {
        let mut guard = self.groups.lock().await;
        let groups = self.loaded(&mut guard).await?;
        let name = wish.name.clone();
        if groups.running.contains_key(&name) {
            return Err(failure::exists(&name));
        }
        if groups.running.len() >= MAX_GROUPS {
            return Err(failure::failed(&name, "there are too many groups"));
        }
        let generation = groups.next_revision();
        let entry = self.entry(wish, generation).await?;
        let storage = self.storage(&entry)?;
        storage.clear().await.map_err(|error| failure::failed(&name, &error.to_string()))?;
        let mut entries = groups.entries();
        entries.push(entry.clone());
        self.write(&mut guard, entries).await?;
        self.start_in(&mut guard, entry)
    }

    /// Consumers are dropped and come back to the changed group, which goes on from its
    /// checkpoint.
    pub(super) async fn update(&self, mut wish: Wish) -> Result<(), Status> {
        let mut guard = self.groups.lock().await;
        let groups = self.loaded(&mut guard).await?;
        let name = wish.name.clone();
        let old = groups.running.get(&name).ok_or_else(|| failure::does_not_exist(&name))?;
        let old = old.entry.clone();
        wish.filter.clone_from(&old.filter);
        let mut entry = self.entry(wish, old.generation).await?;
        if entry.start_from == old.start_from {
            // The end of then, not of now: nothing in between is lost.
            entry.start_after = old.start_after;
        }
        let mut entries = groups.entries();
        entries.retain(|entry| entry.name != name);
        entries.push(entry.clone());
        let running = groups.running.remove(&name);
        if let Some(running) = running {
            running.stop().await;
        }
        match self.write(&mut guard, entries).await {
            Ok(()) => self.start_in(&mut guard, entry),
            Err(error) => {
                self.start_in(&mut guard, old)?;
                Err(error)
            }
        }
    }

    pub(super) async fn delete(&self, name: &Name) -> Result<(), Status> {
        let mut guard = self.groups.lock().await;
        let groups = self.loaded(&mut guard).await?;
        let running = groups.running.remove(name).ok_or_else(|| failure::does_not_exist(name))?;
        let entry = running.entry.clone();
        let entries = groups.entries();
        running.stop().await;
        if let Err(error) = self.write(&mut guard, entries).await {
            self.start_in(&mut guard, entry)?;
            return Err(error);
        }
        // A group of the same name would clear them as well before it begins.
        if let Err(error) = self.storage(&entry)?.clear().await {
            tracing::warn!(%error, group = %entry.name.subscription_id(), "a deleted group's streams are still there");
        }
        Ok(())
    }

    /// Ends all groups and begins again from what is stored.
    pub(super) async fn restart(&self) -> Result<(), Status> {
        let mut guard = self.groups.lock().await;
        if let Some(groups) = guard.take() {
            for running in groups.running.into_values() {
                running.stop().await;
            }
        }
        self.loaded(&mut guard).await.map(drop)
    }

    async fn loaded<'a>(&self, groups: &'a mut Option<Groups>) -> Result<&'a mut Groups, Status> {
        if self.is_stopping() {
            return Err(exception::stopping());
        }
        let loaded = match groups.take() {
            Some(loaded) => loaded,
            None => self.load().await?,
        };
        Ok(groups.insert(loaded))
    }

    async fn load(&self) -> Result<Groups, Status> {
        let stream = configuration_stream()?;
        let last = last_event(&*self.store, &stream)
            .await
            .map_err(|error| exception::of_read(&error, Some(&stream)))?;
        let mut groups = Groups { revision: None, running: BTreeMap::new() };
        let Some(last) = last else { return Ok(groups) };
        let configuration: Configuration = serde_json::from_slice(&last.data).map_err(|error| {
            exception::unavailable(&format!("the groups' configuration: {error}"))
        })?;
        groups.revision = Some(last.revision);
        for entry in configuration.entries {
            let running = self.start(entry)?;
            groups.running.insert(running.entry.name.clone(), running);
        }
        Ok(groups)
    }

    fn start_in(&self, groups: &mut Option<Groups>, entry: Entry) -> Result<(), Status> {
        // Without them, the next call loads them all, this one too.
        if let Some(groups) = groups {
            let running = self.start(entry)?;
            groups.running.insert(running.entry.name.clone(), running);
        }
        Ok(())
    }

    fn start(&self, entry: Entry) -> Result<Running, Status> {
        let stop = self.shutdown.child_token();
        let start = Start {
            settings: entry.settings.clone(),
            wanted: entry.wanted().map_err(exception::invalid)?,
            storage: self.storage(&entry)?,
            after: entry.start_after,
            stop: stop.clone(),
        };
        let (commands, running) = task::prepare(start);
        let task = self.tasks.spawn(running);
        Ok(Running { entry, commands, stop, task })
    }

    fn storage(&self, entry: &Entry) -> Result<Storage, Status> {
        let Name { source, group } = &entry.name;
        Storage::new(Arc::clone(&self.store), source, group, entry.generation)
            .ok_or_else(|| exception::invalid("the names of stream and group are too long"))
    }

    async fn entry(&self, wish: Wish, generation: u64) -> Result<Entry, Status> {
        let Wish { name, start_from, filter, settings } = wish;
        let mut entry = Entry { name, filter, start_from, start_after: None, generation, settings };
        let wanted = entry.wanted().map_err(exception::invalid)?;
        entry.start_after = match start_from {
            StartFrom::Start => None,
            StartFrom::At(place) => place.checked_sub(1),
            StartFrom::End => {
                wanted.end(&*self.store).await.map_err(|error| exception::of_read(&error, None))?
            }
        };
        Ok(entry)
    }

    /// Writes the configuration behind the one that was read. When another wrote in between, or
    /// nobody knows, all is read again at the next call.
    async fn write(&self, groups: &mut Option<Groups>, entries: Vec<Entry>) -> Result<(), Status> {
        let Some(known) = groups.as_mut() else { return Err(exception::stopping()) };
        let stream = configuration_stream()?;
        let configuration = Configuration { version: CONFIGURATION_VERSION, entries };
        let data = serde_json::to_vec(&configuration)
            .map_err(|error| exception::invalid(error.to_string()))?;
        let mut hash = Sha256::new();
        hash.update(known.next_revision().to_le_bytes());
        hash.update(&data);
        let event = NewEvent::json(id_of(&hash.finalize()), CONFIGURATION_TYPE, data, Bytes::new());
        let expected = known.revision.map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        match self.store.append(&stream, expected, vec![event]).await {
            Ok(appended) => {
                known.revision = Some(appended.last_revision);
                Ok(())
            }
            Err(error) => {
                let running = std::mem::take(&mut known.running);
                *groups = None;
                for running in running.into_values() {
                    running.stop().await;
                }
                Err(exception::of_append(&error, &stream, expected))
            }
        }
    }
}

fn configuration_stream() -> Result<StreamName, Status> {
    StreamName::parse_any(CONFIGURATION_STREAM)
        .map_err(|error| exception::invalid(error.to_string()))
}
