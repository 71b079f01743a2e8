//! What `shim/recorder.c` writes: records of 24 bytes in the machine's byte order (kind, file,
//! at, length), each followed by `length` bytes.

use anyhow::{Context, Result, bail};

/// A file, as the recorder numbers it. 0 is the folder itself.
pub type FileNumber = u32;

/// What the recorded process did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Created a file.
    Link(FileNumber, String),
    /// Opened a file that was there before the process.
    Known(FileNumber, String),
    /// Wrote bytes at an offset.
    Write(FileNumber, u64, Vec<u8>),
    /// Cut or stretched a file to a size.
    Truncate(FileNumber, u64),
    /// Began a sync, with a number for it.
    SyncBegin(FileNumber, u64),
    /// Was told that the sync is done.
    SyncEnd(FileNumber, u64),
    /// Was told that the sync failed.
    SyncFailed(FileNumber, u64),
    /// Removed a file.
    Unlink(String),
    /// Renamed a file, over another perhaps.
    Rename(String, String),
    /// Said something.
    Mark(String),
}

/// Reads a journal, up to the last whole record.
///
/// # Errors
/// When it is none, or the process did something that the model of the disk does not know.
pub fn parse(mut bytes: &[u8]) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    while let Some((head, behind)) = bytes.split_first_chunk::<24>() {
        let word =
            |at: usize| u32::from_ne_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let long = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&head[at..at + 8]);
            u64::from_ne_bytes(eight)
        };
        let length = usize::try_from(long(16)).context("a record is too long")?;
        let Some((content, rest)) = behind.split_at_checked(length) else { break };
        records.push(record(word(0), word(4), long(8), content)?);
        bytes = rest;
    }
    Ok(records)
}

fn record(kind: u32, file: FileNumber, at: u64, content: &[u8]) -> Result<Record> {
    let text = || String::from_utf8(content.to_vec()).context("a name is not UTF-8");
    Ok(match kind {
        1 => Record::Link(file, text()?),
        2 => Record::Write(file, at, content.to_vec()),
        3 => Record::Truncate(file, at),
        4 => Record::SyncBegin(file, at),
        5 => Record::SyncEnd(file, at),
        6 => Record::SyncFailed(file, at),
        7 => Record::Unlink(text()?),
        8 => {
            let both = text()?;
            let (from, to) = both.split_once('/').context("a rename needs two names")?;
            Record::Rename(from.into(), to.into())
        }
        9 => Record::Mark(text()?.trim_end().to_owned()),
        10 => Record::Known(file, text()?),
        11 => bail!("the model of the disk does not know `{}`", text()?),
        other => bail!("record of unknown kind {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(3_u32.to_ne_bytes());
        bytes.extend(512_u64.to_ne_bytes());
        bytes.extend((content.len() as u64).to_ne_bytes());
        bytes.extend(content);
        bytes
    }

    #[test]
    fn a_call_that_the_model_does_not_know_fails_the_proof() {
        let refused = parse(&written(11, b"fallocate")).unwrap_err();
        assert!(refused.to_string().contains("fallocate"), "{refused}");
    }

    #[test]
    fn a_record_that_a_kill_cut_short_ends_the_journal() {
        let mut bytes = written(2, b"abc");
        let whole = bytes.len();
        bytes.extend(written(2, b"defg"));
        for cut in whole..bytes.len() {
            let records = parse(&bytes[..cut]).unwrap();
            assert_eq!(records, [Record::Write(3, 512, b"abc".to_vec())], "{cut}");
        }
    }
}
