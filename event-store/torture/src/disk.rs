//! A disk under one folder, as a power cut may leave it.
//!
//! The model. A sync that was answered makes everything durable that was written to its file
//! before it began; a sync of the folder does so for names. Of everything else each piece may be
//! there or not, without regard to order: a write is cut at sectors of 512 bytes, and each sector
//! is kept or lost by itself; so are cuts of a file's length and changes of names (of two changes
//! of one name, the later only with the earlier). A sector is written whole or not at all, and
//! bytes beside a write stay what they were. After a sync that failed, what it should have
//! written is kept or lost for good: no later sync brings it back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::chaos::{Fate, Lost};
use crate::journal::{FileNumber, Record};
use crate::rng::Rng;

const FOLDER: FileNumber = 0;
/// The numbers of files that were there at first and that nobody has opened yet.
const UNOPENED: FileNumber = 1 << 31;

/// The disk, at one instant.
#[derive(Debug, Default, Clone)]
pub struct Disk {
    files: HashMap<FileNumber, File>,
    durable_names: BTreeMap<String, FileNumber>,
    pending_names: Vec<(u64, Naming)>,
    /// Counts what was done, so that a sync knows what came before it.
    clock: u64,
    syncs: HashMap<u64, u64>,
}

#[derive(Debug, Default, Clone)]
struct File {
    durable: Vec<u8>,
    pending: Vec<(u64, Change)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Debug, Clone)]
enum Naming {
    Link(String, FileNumber),
    Unlink(String),
    Rename(String, String),
}

impl Disk {
    /// A disk on which a folder's files are durable. `-shm` files are no part of it.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let mut disk = Self::default();
        for (entry, number) in std::fs::read_dir(folder)?.zip(UNOPENED..) {
            let entry = entry?;
            let name = entry.file_name().into_string().map_err(|_| anyhow::anyhow!("bad name"))?;
            if name.ends_with("-shm") {
                continue;
            }
            let durable = std::fs::read(entry.path())?;
            disk.files.insert(number, File { durable, pending: Vec::new() });
            disk.durable_names.insert(name, number);
        }
        Ok(disk)
    }

    /// Lets the process do one thing more.
    ///
    /// # Errors
    /// When the record cannot follow on the ones before it.
    pub fn apply(&mut self, record: &Record, rng: &mut Rng) -> Result<()> {
        self.clock += 1;
        let now = self.clock;
        match record {
            Record::Link(file, name) => {
                self.files.insert(*file, File::default());
                self.pending_names.push((now, Naming::Link(name.clone(), *file)));
            }
            Record::Known(file, name) => self.know(*file, name)?,
            Record::Write(file, at, bytes) => {
                let at = usize::try_from(*at)?;
                self.file(*file)?.pending.push((now, Change::Write(at, bytes.clone())));
            }
            Record::Truncate(file, size) => {
                let size = usize::try_from(*size)?;
                self.file(*file)?.pending.push((now, Change::Truncate(size)));
            }
            Record::SyncBegin(_, sync) => {
                self.syncs.insert(*sync, now);
            }
            Record::SyncEnd(file, sync) => {
                let began = self.syncs.remove(sync).context("a sync ends that never began")?;
                self.synced(*file, began)?;
            }
            Record::SyncFailed(file, sync) => {
                let began = self.syncs.remove(sync).context("a sync fails that never began")?;
                let file = self.file(*file)?;
                let early = file.take_before(began);
                Fate::draw(rng).settle(&early, &mut file.durable, rng);
            }
            Record::Unlink(name) => {
                self.pending_names.push((now, Naming::Unlink(name.clone())));
            }
            Record::Rename(from, to) => {
                self.pending_names.push((now, Naming::Rename(from.clone(), to.clone())));
            }
            Record::Mark(_) => {}
        }
        Ok(())
    }

    fn know(&mut self, file: FileNumber, name: &str) -> Result<()> {
        if name.ends_with("-shm") {
            self.files.insert(file, File::default());
            return Ok(());
        }
        let unopened =
            self.durable_names.get_mut(name).with_context(|| format!("`{name}` was not there"))?;
        let before = std::mem::replace(unopened, file);
        let known = self.files.remove(&before).context("a name without a file")?;
        self.files.insert(file, known);
        Ok(())
    }

    fn synced(&mut self, file: FileNumber, began: u64) -> Result<()> {
        if file != FOLDER {
            let file = self.file(file)?;
            for change in file.take_before(began) {
                change.apply(&mut file.durable);
            }
            return Ok(());
        }
        let (early, late) = self.pending_names.drain(..).partition(|(at, _)| *at < began);
        self.pending_names = late;
        let early: Vec<(u64, Naming)> = early;
        for (_, naming) in early {
            naming.apply(&mut self.durable_names);
        }
        Ok(())
    }

    fn file(&mut self, number: FileNumber) -> Result<&mut File> {
        match self.files.get_mut(&number) {
            Some(file) => Ok(file),
            None => bail!("file {number} was never opened"),
        }
    }

    /// The files as the process sees them, durable or not, without those of `-shm`.
    pub fn seen(&self) -> BTreeMap<String, Vec<u8>> {
        let mut names = self.durable_names.clone();
        for (_, naming) in &self.pending_names {
            naming.apply(&mut names);
        }
        names.retain(|name, _| !name.ends_with("-shm"));
        let content = |number| {
            let mut content = Vec::new();
            if let Some(file) = self.files.get(&number) {
                content.clone_from(&file.durable);
                for (_, change) in &file.pending {
                    change.clone().apply(&mut content);
                }
            }
            content
        };
        names.into_iter().map(|(name, number)| (name, content(number))).collect()
    }

    /// True when the file with this name has changes that are not durable.
    pub fn has_unsynced(&self, name: &str) -> bool {
        let file = self.durable_names.get(name).and_then(|number| self.files.get(number));
        file.is_some_and(|file| !file.pending.is_empty())
    }

    /// Cuts the power and writes what is left into a folder without files.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn cut_power(&self, rng: &mut Rng, folder: &Path) -> Result<Lost> {
        let mut lost = Lost::default();
        let mut names = self.durable_names.clone();
        let mut stuck = HashSet::new();
        let keep = rng.below(101);
        for (_, naming) in &self.pending_names {
            if naming.names().any(|name| stuck.contains(name)) || !rng.chance(keep) {
                stuck.extend(naming.names().map(str::to_owned));
                lost.names += 1;
            } else {
                naming.apply(&mut names);
            }
        }
        for (name, number) in names {
            // The index of the write-ahead log is never synced: whatever is in it.
            if name.ends_with("-shm") {
                if rng.chance(50) {
                    let garbage: Vec<u8> =
                        (0..4096).flat_map(|_| rng.next().to_le_bytes()).collect();
                    std::fs::write(folder.join(name), garbage)?;
                }
                continue;
            }
            let file = self.files.get(&number).context("a name without a file")?;
            let mut content = file.durable.clone();
            let changes: Vec<&Change> = file.pending.iter().map(|(_, change)| change).collect();
            lost += Fate::draw(rng).settle(&changes, &mut content, rng);
            std::fs::write(folder.join(name), content)?;
        }
        Ok(lost)
    }
}

impl File {
    fn take_before(&mut self, began: u64) -> Vec<Change> {
        let late = self.pending.partition_point(|(at, _)| *at < began);
        self.pending.drain(..late).map(|(_, change)| change).collect()
    }
}

impl Change {
    fn apply(self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => put(content, at, &bytes),
            Self::Truncate(size) => content.resize(size, 0),
        }
    }
}

/// Writes into a file's content, which grows as it must.
pub(crate) fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

impl Naming {
    fn names(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Link(name, _) | Self::Unlink(name) => (name, None),
            Self::Rename(from, to) => (from, Some(to)),
        };
        [Some(first), second].into_iter().flatten().map(String::as_str)
    }

    fn apply(&self, names: &mut BTreeMap<String, FileNumber>) {
        match self {
            Self::Link(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Unlink(name) => {
                names.remove(name);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}
