//! A small log whose files are damaged one byte at a time.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow, ensure};
use event_store::RecordedEvent;

use crate::batch::{Load, claimed_by};
use crate::opened::{With, whole_log};
use crate::spawn::Spawn;

const MAIN: &str = "log.sqlite";
const WAL: &str = "log.sqlite-wal";
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Its files, and what is in it.
#[derive(Debug)]
pub struct SmallLog {
    /// What was appended.
    pub load: Load,
    /// The log file.
    pub main: Vec<u8>,
    /// The write-ahead log; empty after a shutdown in order.
    pub wal: Vec<u8>,
    /// All events.
    pub events: Vec<RecordedEvent>,
}

/// How the process ended that wrote the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As if killed: everything is still in the write-ahead log.
    Killed,
    /// In order: everything is in the log file.
    InOrder,
}

impl SmallLog {
    /// Has one writer append so many batches, each in a transaction of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn make(spawn: &Spawn, seed: u64, batches: u32, ended: Ended) -> Result<Self> {
        let load = Load { seed, writers: 1, streams: 4, event_bytes: 300 };
        let folder = tempfile::tempdir()?;
        let count = batches.to_string();
        let mut scenario = vec!["append", "--batches", &count];
        if ended == Ended::InOrder {
            scenario.push("--shutdown");
        }
        let mut command: Command = spawn.command(folder.path(), &load, 0, &scenario);
        ensure!(command.output()?.status.success(), "seed {seed}: the log could not be made");
        let main = std::fs::read(folder.path().join(MAIN))?;
        let wal = std::fs::read(folder.path().join(WAL)).unwrap_or_default();
        ensure!(wal.is_empty() == (ended == Ended::InOrder), "seed {seed}: {} bytes", wal.len());
        let events = whole_log(folder.path(), &load, With::Engine)
            .await
            .map_err(|finding| anyhow!(finding))?;
        Ok(Self { load, main, wal, events })
    }

    /// Puts files in place of whatever is in the folder.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn place(folder: &Path, main: &[u8], wal: &[u8]) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            std::fs::remove_file(entry?.path())?;
        }
        std::fs::write(folder.join(MAIN), main)?;
        if !wal.is_empty() {
            std::fs::write(folder.join(WAL), wal)?;
        }
        Ok(())
    }

    /// The bytes of a page, as the log file says.
    pub fn page_bytes(&self) -> usize {
        match self.main.get(16..18) {
            Some([0, 1]) | None => 65_536,
            Some(bytes) => bytes.iter().fold(0, |size, byte| size << 8 | usize::from(*byte)),
        }
    }

    /// The bytes of a frame of the write-ahead log.
    pub fn frame_bytes(&self) -> usize {
        FRAME_HEADER + self.page_bytes()
    }

    /// Where the frames begin.
    pub fn frames(&self) -> impl Iterator<Item = usize> {
        (WAL_HEADER..self.wal.len()).step_by(self.frame_bytes())
    }

    /// Where the transactions of the write-ahead log end: behind frames that say a size.
    pub fn commits(&self) -> Vec<usize> {
        let commits = |at: &usize| self.wal[at + 4..at + 8] != [0; 4];
        self.frames().filter(commits).map(|at| at + self.frame_bytes()).collect()
    }

    /// How many events there are when the last so many transactions are gone.
    pub fn events_without_last(&self, transactions: usize) -> usize {
        let starts: Vec<usize> = (0..self.events.len())
            .filter(|index| claimed_by(&self.events[*index]).1 == 0)
            .chain([self.events.len()])
            .collect();
        starts.len().checked_sub(transactions + 1).map_or(0, |batch| starts[batch])
    }
}
