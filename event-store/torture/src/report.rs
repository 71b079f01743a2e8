//! What the appending process says while it lives: a line for each answer that it was given.

use std::fmt;

use anyhow::{Context, Result, bail};
use event_store::Appended;

use crate::batch::BatchId;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The log is open.
    Ready,
    /// A batch was acknowledged.
    Acked(BatchId, Appended),
    /// A batch was definitely not appended.
    Refused(BatchId, Refusal),
    /// A batch may or may not have been appended.
    Unknown(BatchId),
    /// What a scenario has seen, in words.
    Note(String),
}

/// Why a batch was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The stream was elsewhere.
    WrongRevision,
    /// The queue was full.
    Busy,
    /// The engine takes nothing (now, or any more).
    Unavailable,
}

impl Refusal {
    fn word(self) -> &'static str {
        match self {
            Self::WrongRevision => "wrong-revision",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => write!(f, "ready"),
            Self::Acked(id, at) => {
                let Appended { first_revision, last_revision, position } = at;
                write!(f, "acked {id} {first_revision} {last_revision} {position}")
            }
            Self::Refused(id, why) => write!(f, "refused {id} {}", why.word()),
            Self::Unknown(id) => write!(f, "unknown {id}"),
            Self::Note(words) => write!(f, "note {}", words.replace('\n', " ")),
        }
    }
}

impl Report {
    /// Reads a line.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn parse(line: &str) -> Result<Self> {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.split(' ');
        let mut word = || words.next().context("the line is too short");
        Ok(match kind {
            "ready" => Self::Ready,
            "acked" => Self::Acked(
                word()?.parse()?,
                Appended {
                    first_revision: word()?.parse()?,
                    last_revision: word()?.parse()?,
                    position: word()?.parse()?,
                },
            ),
            "refused" => {
                let id = word()?.parse()?;
                let why = match word()? {
                    "wrong-revision" => Refusal::WrongRevision,
                    "busy" => Refusal::Busy,
                    "unavailable" => Refusal::Unavailable,
                    other => bail!("`{other}` is no refusal"),
                };
                Self::Refused(id, why)
            }
            "unknown" => Self::Unknown(word()?.parse()?),
            "note" => Self::Note(rest.to_owned()),
            _ => bail!("`{line}` is no report"),
        })
    }
}
