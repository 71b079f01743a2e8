//! Looks at SQLite's write-ahead log before SQLite does, because SQLite takes everything behind
//! the first bad frame for a torn tail and drops it without a word.
//!
//! A torn tail is what a crash leaves: part of the last transaction, which nobody was told of.
//! Its frames may have reached the disk in any order. Every earlier transaction was synced
//! before the next one began (`synchronous=FULL`), so a good frame of a *later* transaction
//! behind a bad frame proves damage. Source: "WAL-Index and file format" of SQLite's
//! documentation, sections on the WAL header, frames and checksums.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::OpenError;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC: u32 = 0x377f_0682;

/// The state of the cumulative checksum.
type Sum = [u32; 2];

/// What the scan found, when it found no damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wal {
    /// Frames that SQLite will take, up to and including the last commit.
    pub(super) committed_frames: u64,
}

/// Scans the file, which may be missing.
///
/// # Errors
/// `Damaged`, naming the frame, when SQLite would silently drop transactions that were durable.
pub(super) fn scan(path: &Path) -> Result<Wal, OpenError> {
    let mut file = match File::open(path) {
        Ok(file) => BufReader::with_capacity(1 << 20, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Wal { committed_frames: 0 });
        }
        Err(error) => return Err(error.into()),
    };
    let mut header = [0; HEADER_BYTES];
    if !fill(&mut file, &mut header)? {
        return Ok(Wal { committed_frames: 0 });
    }
    match Header::parse(&header) {
        Some(header) => scan_frames(&mut file, &header),
        None => headerless(&mut file),
    }
}

/// Puts on disk what of the file is only in the system's memory.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The header is synced before the first frame is written: behind a bad one there is nothing.
fn headerless(file: &mut impl Read) -> Result<Wal, OpenError> {
    let mut frame = [0; FRAME_HEADER_BYTES];
    if fill(file, &mut frame)? && frame.iter().any(|byte| *byte != 0) {
        return Err(OpenError::Damaged(
            "the header of the write-ahead log is bad, and frames follow it".into(),
        ));
    }
    Ok(Wal { committed_frames: 0 })
}

struct Header {
    big_endian: bool,
    page_bytes: usize,
    salts: [u8; 8],
    sum: Sum,
}

impl Header {
    fn parse(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let magic = word(bytes, 0);
        let page_bytes = usize::try_from(word(bytes, 8)).ok()?;
        if magic & !1 != MAGIC || !page_bytes.is_power_of_two() {
            return None;
        }
        if !(512..=65_536).contains(&page_bytes) {
            return None;
        }
        let big_endian = magic & 1 == 1;
        let sum = add([0, 0], &bytes[..24], big_endian);
        let salts = bytes[16..24].try_into().ok()?;
        (sum == [word(bytes, 24), word(bytes, 28)]).then_some(Self {
            big_endian,
            page_bytes,
            salts,
            sum,
        })
    }
}

fn scan_frames(file: &mut impl Read, header: &Header) -> Result<Wal, OpenError> {
    let mut frame = vec![0; FRAME_HEADER_BYTES + header.page_bytes];
    let mut wal = Wal { committed_frames: 0 };
    let mut chain = header.sum;
    let mut number = 0;
    let mut tail: Option<Tail> = None;
    while fill(file, &mut frame)? {
        number += 1;
        let stored = [word(&frame, 16), word(&frame, 20)];
        let commits = word(&frame, 4) != 0;
        let same_salts = frame[8..16] == header.salts;
        let continues = |from: Sum| {
            let sum = add(from, &frame[..8], header.big_endian);
            add(sum, &frame[FRAME_HEADER_BYTES..], header.big_endian)
        };
        let Some(tail) = &mut tail else {
            let sum = continues(chain);
            if same_salts && sum == stored {
                chain = stored;
                if commits {
                    wal.committed_frames = number;
                }
                continue;
            }
            tail = Some(Tail {
                bad_frame: number,
                before: [stored, sum],
                // With other salts it is a leftover from before the file was last restarted,
                // unless it fits the chain all the same: then only its salts were hit.
                committed: commits && (same_salts || sum == stored),
            });
            continue;
        };
        let genuine = same_salts && tail.before.iter().any(|sum| continues(*sum) == stored);
        if genuine && tail.committed {
            return Err(OpenError::Damaged(format!(
                "frame {} of the write-ahead log is bad, and frame {number} behind it belongs to \
                 a later transaction",
                tail.bad_frame
            )));
        }
        tail.committed |= genuine && commits;
        tail.before = [stored, stored];
    }
    Ok(wal)
}

/// What lies behind the last frame of the unbroken chain.
struct Tail {
    bad_frame: u64,
    /// Sums from which the next frame may go on: as the frame before says, and as it computes.
    before: [Sum; 2],
    /// A transaction ended in it: what follows was written after a sync.
    committed: bool,
}

fn add(mut sum: Sum, bytes: &[u8], big_endian: bool) -> Sum {
    for pair in bytes.chunks_exact(8) {
        let (first, second) = (word(pair, 0), word(pair, 4));
        let (first, second) =
            if big_endian { (first, second) } else { (first.swap_bytes(), second.swap_bytes()) };
        sum[0] = sum[0].wrapping_add(first).wrapping_add(sum[1]);
        sum[1] = sum[1].wrapping_add(second).wrapping_add(sum[0]);
    }
    sum
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// False when the file ends first.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
