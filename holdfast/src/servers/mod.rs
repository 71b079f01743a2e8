//! The private servers of `holdfast up`: a Postgres and a NATS of its own, started from the
//! machine's programs, kept in the data folder, stopped with it.
//!
//! Owns their processes: finding the programs, first-time set-up, free ports, passwords, orphans
//! of an `up` that was killed, restarts, stopping. Refuses to touch any server that does not serve
//! this data folder. Both listen on 127.0.0.1 only.

mod child;
mod cluster;
mod find;
mod nats;
mod postgres;
pub(crate) mod secret;
mod strays;
mod system_user;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use child::ServerState;
pub use find::Search;
pub use nats::{PrivateNats, connect as connect_nats};
pub use postgres::PrivatePostgres;

use crate::data_folder::DataFolderError;

/// How long a server may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How many ports are tried when another program takes the one that was free a moment ago.
const PORTS: u32 = 5;

/// Why a private server does not run; each message is one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A program is not on this machine.
    #[error("{program} is missing on this machine; {remedy}")]
    Missing {
        /// Its file name.
        program: &'static str,
        /// What to do about it.
        remedy: String,
    },
    /// A program is older than what works.
    #[error("{} is {program} {found}, but {needed} or newer is needed; {remedy}", path.display())]
    TooOld {
        /// Its file name.
        program: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The first version that works.
        needed: &'static str,
        /// What to do about it.
        remedy: String,
    },
    /// The files were made by another major version of Postgres.
    #[error("the private Postgres in {} was made by Postgres {made_by}, which this machine no longer has; install postgresql-{made_by}", folder.display())]
    OtherMajor {
        /// The cluster's folder.
        folder: PathBuf,
        /// Its `PG_VERSION`.
        made_by: String,
    },
    /// The data folder was copied or moved, and its Postgres is elsewhere.
    #[error("the data folder {} was moved or copied here, but its Postgres files stayed in {}; move it back, or delete {} to build the read models anew", data.display(), cluster.display(), record.display())]
    Moved {
        /// The data folder.
        data: PathBuf,
        /// Where the cluster is.
        cluster: PathBuf,
        /// The file that says so.
        record: PathBuf,
    },
    /// It ended, or never answered.
    #[error("{server} did not start: {words}")]
    NotStarted {
        /// Postgres or NATS.
        server: &'static str,
        /// Its last words, or ours.
        words: String,
    },
    /// It ended while in use, and restarting did not help.
    #[error("{server} stopped running and could not be restarted: {words}")]
    Died {
        /// Postgres or NATS.
        server: &'static str,
        /// Its last words.
        words: String,
    },
    /// No room for its files.
    #[error("the disk of {} is full, so {server} cannot run; free some space and start again", folder.display())]
    DiskFull {
        /// Postgres or NATS.
        server: &'static str,
        /// Its folder.
        folder: PathBuf,
    },
    /// An orphan of an earlier run did not go away.
    #[error("an earlier {server} (process {pid}) still serves {} and does not stop; end it and start again", folder.display())]
    Orphan {
        /// Postgres or NATS.
        server: &'static str,
        /// Its process id.
        pid: i32,
        /// Its folder.
        folder: PathBuf,
    },
    /// The data folder was only located, so somebody else's servers may be running in it.
    #[error("the data folder {} is not locked by this process", .0.display())]
    NotLocked(PathBuf),
    /// Root without the `postgres` or `nobody` account.
    #[error(
        "Postgres refuses to run as root, and this machine has neither a user postgres nor nobody; run holdfast as another user"
    )]
    NoUser,
    /// The data folder's own trouble.
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    /// The file system or the system refused something.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// Postgres answered, but not as it should.
    #[error("the private Postgres refused its set-up")]
    Database(#[from] sqlx::Error),
}

impl ServerError {
    /// For `map_err`: names what was being done, and tells a full disk from the rest.
    fn io(
        server: &'static str,
        doing: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { server, folder: path }
            }
            _ => Self::Io { doing, path, source },
        }
    }

    /// From what a server said before it ended.
    fn not_started(server: &'static str, folder: &Path, words: String) -> Self {
        if words.contains("No space left on device") || words.contains("no space left on device") {
            return Self::DiskFull { server, folder: folder.to_owned() };
        }
        Self::NotStarted { server, words }
    }
}

/// A port that is free now; whoever needs it must be ready for losing it to somebody faster.
fn free_port() -> Result<u16, ServerError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(ServerError::io(
            "a private server",
            "finding a free port on",
            Path::new("127.0.0.1"),
        ))
}

/// Whether another try, with another port, may help.
fn is_passing(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("address already in use") || words.contains("shared memory block")
}
