//! A file's lines, one by one, plain or gzip, numbered from 1, each of bounded length: no file
//! can fill the memory.
//!
//! Not the `csv` crate: in a file of Windows' line ends, or with empty lines, it gives a row the
//! number of a line before it, and it keeps a line of any length.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

/// The longest line that is read, in bytes; a timetable's are about 60.
pub const MAX_LINE_BYTES: usize = 1_024;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

pub(crate) struct Lines {
    source: BufReader<Box<dyn Read + Send>>,
    bytes: Vec<u8>,
    /// Of the line last read, or tried.
    pub(crate) number: u64,
}

impl Lines {
    pub(crate) fn new(mut reader: impl Read + Send + 'static) -> io::Result<Self> {
        let mut start = Vec::new();
        reader.by_ref().take(2).read_to_end(&mut start)?;
        let packed = start == GZIP_MAGIC;
        let whole = Cursor::new(start).chain(reader);
        let source: Box<dyn Read + Send> =
            if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Self { source: BufReader::new(source), bytes: Vec::new(), number: 0 })
    }

    /// The next line without its end; `None` behind the last.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.number = self.number.saturating_add(1);
        self.bytes.clear();
        let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX).saturating_add(2);
        let count = self.source.by_ref().take(limit).read_until(b'\n', &mut self.bytes)?;
        if count == 0 {
            return Ok(None);
        }
        let line = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > MAX_LINE_BYTES {
            let message = format!("it is longer than {MAX_LINE_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Some(line))
    }
}
