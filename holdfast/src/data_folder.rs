//! The data folder: where everything that one `holdfast up` keeps lies.
//!
//! Owns the folder's format number, its locks, and the names of what is in it. Refuses a folder
//! that is not ours, one of another format, and one that another `up` is using. Services that run
//! as processes of their own share a folder; of some there may be only one. What the sub-folders
//! hold is their owners' business.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The number in `VERSION`: raised when an older binary could no longer read the folder.
pub const FORMAT: u32 = 1;

const VERSION: &str = "VERSION";
const LOCK: &str = "lock";
/// Held for a moment by whoever makes something that is made once: secrets above all.
const SETUP: &str = "setup.lock";
const READY: &str = "up.json";

/// Why a data folder cannot be used; each message is one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// Another `up` has the folder.
    #[error("the data folder {} is in use by another holdfast{}; stop that one, or choose another folder with --data", folder.display(), running_at(api.as_deref()))]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Where the running system answers, when it has said so.
        api: Option<String>,
    },
    /// The one process of its kind runs already.
    #[error("`{service}` already runs on the data folder {}, and there can be only one; stop that one first", folder.display())]
    Claimed {
        /// The folder.
        folder: PathBuf,
        /// Its name.
        service: String,
    },
    /// The format number is not ours.
    #[error("the data folder {} was written by another version of Holdfast (format {found}, this one knows {FORMAT}); run it with that version, or choose another folder with --data", folder.display())]
    OtherVersion {
        /// The folder.
        folder: PathBuf,
        /// What its `VERSION` says.
        found: String,
    },
    /// Somebody else's files.
    #[error("the folder {} has files in it but is no data folder of Holdfast; choose an empty or a new folder with --data", folder.display())]
    NotOurs {
        /// The folder.
        folder: PathBuf,
    },
    /// Only for [`DataFolder::locate`].
    #[error("there is no data folder of Holdfast at {}; name one with --data", folder.display())]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk or a quota is full.
    #[error("the disk of the data folder {} is full; free some space and start again", path.display())]
    DiskFull {
        /// What could not be written.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// No permission, or a read-only file system.
    #[error("the data folder cannot be used, {} is not writable for this user: {source}", path.display())]
    NotWritable {
        /// What could not be written.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// Anything else.
    #[error("the data folder cannot be used, {}: {source}", path.display())]
    Io {
        /// What failed.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
}

fn running_at(api: Option<&str>) -> String {
    api.map_or_else(String::new, |api| format!(", which answers at {api}"))
}

impl DataFolderError {
    /// Sorts a failure of the file system into the sentence that helps.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, source }
            }
            _ => Self::Io { path, source },
        }
    }
}

/// A data folder of our format: locked when opened, shared when opened so, unlocked when only
/// located.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    held: Option<Held>,
}

/// Held until dropped; the system lets go of the lock when the process is killed.
#[derive(Debug)]
struct Held {
    _lock: File,
    alone: bool,
}

/// The right to be the only one of its kind on a data folder, until dropped or killed.
#[derive(Debug)]
pub struct Claim {
    _lock: File,
}

impl DataFolder {
    /// Opens the folder for an `up`, creating it on first use, and keeps everybody else out until
    /// the value is dropped.
    ///
    /// # Errors
    /// When it is in use, of another version, not ours, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        Self::open_as(path, true)
    }

    /// Opens the folder for one service of several, each a process of its own, creating it on
    /// first use. They keep an `up` out, and it them; not each other.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_shared(path: &Path) -> Result<Self, DataFolderError> {
        Self::open_as(path, false)
    }

    fn open_as(path: &Path, alone: bool) -> Result<Self, DataFolderError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(path)
            .map_err(|error| DataFolderError::from_io(path, error))?;
        let root = absolute(path)?;
        // Before the lock file is made: nothing is written into a folder that is not ours.
        let first_use = check_version(&root)?.is_none();
        let held = Held { _lock: lock(&root, alone)?, alone };
        let folder = Self { root, held: Some(held) };
        let setup = folder.setup()?;
        if first_use && check_version(&folder.root)?.is_none() {
            folder.write_file(VERSION, format!("{FORMAT}\n").as_bytes(), 0o644)?;
        }
        drop(setup);
        for (path, mode) in [
            (folder.event_store(), 0o700),
            (folder.nats(), 0o700),
            (folder.indexes(), 0o755),
            (folder.keys(), 0o700),
            (folder.checkpoints(), 0o755),
            (folder.logs(), 0o755),
        ] {
            DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(&path)
                .map_err(|error| DataFolderError::from_io(&path, error))?;
        }
        Ok(folder)
    }

    /// Finds the folder for a subcommand that only looks: nothing is created, nothing locked.
    ///
    /// # Errors
    /// When there is none, or it is of another version.
    pub fn locate(path: &Path) -> Result<Self, DataFolderError> {
        let absent = || DataFolderError::Absent { folder: path.to_owned() };
        if !path.is_dir() {
            return Err(absent());
        }
        let root = absolute(path)?;
        match check_version(&root)? {
            Some(()) => Ok(Self { root, held: None }),
            None => Err(absent()),
        }
    }

    /// The folder itself, as an absolute path without links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether this value keeps everybody else out (it was opened, neither shared nor located).
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.alone)
    }

    /// Keeps others from making what is made once, until the value is dropped. Waits for them:
    /// nobody holds it for long.
    ///
    /// # Errors
    /// When the folder is not writable.
    pub fn setup(&self) -> Result<Claim, DataFolderError> {
        let path = self.root.join(SETUP);
        let file = open_lock(&path)?;
        file.lock().map_err(|error| DataFolderError::from_io(&path, error))?;
        Ok(Claim { _lock: file })
    }

    /// Becomes the only process of a service (`projections`), or says that there is one.
    ///
    /// # Errors
    /// When there is one, or the folder is not writable.
    pub fn claim(&self, service: &str) -> Result<Claim, DataFolderError> {
        let path = self.root.join(format!("{service}.lock"));
        let file = open_lock(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Claim { _lock: file }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::Claimed {
                folder: self.root.clone(),
                service: service.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(DataFolderError::from_io(&path, error)),
        }
    }

    /// The embedded event store's files.
    #[must_use]
    pub fn event_store(&self) -> PathBuf {
        self.root.join("event-store")
    }

    /// The private Postgres' files, unless they had to go elsewhere (`postgres.location`).
    #[must_use]
    pub fn postgres(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// The private NATS' JetStream files.
    #[must_use]
    pub fn nats(&self) -> PathBuf {
        self.root.join("nats")
    }

    /// Search indexes, a folder a generation.
    #[must_use]
    pub fn indexes(&self) -> PathBuf {
        self.root.join("indexes")
    }

    /// The keys of personal data: outside the log, and never part of its backups.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Checkpoints of consumers that have no database of their own.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// What the private servers say.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The ready file that `up` writes when no other place is named.
    #[must_use]
    pub fn ready_file(&self) -> PathBuf {
        self.root.join(READY)
    }

    /// Writes a file in the folder, or in one of its folders, so that a crash leaves the old one or the new one, whole and
    /// on the disk.
    ///
    /// # Errors
    /// When the disk is full or not writable.
    pub fn write_file(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), DataFolderError> {
        let path = self.root.join(name);
        let draft = path.with_added_extension("new");
        let folder = path.parent().unwrap_or(&self.root);
        let write = || -> io::Result<()> {
            // A draft that a crash left behind may have another mode.
            match fs::remove_file(&draft) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(|error| DataFolderError::from_io(&path, error))
    }
}

fn absolute(path: &Path) -> Result<PathBuf, DataFolderError> {
    path.canonicalize().map_err(|error| DataFolderError::from_io(path, error))
}

/// `Some` when the folder is ours, `None` when it is still empty.
fn check_version(root: &Path) -> Result<Option<()>, DataFolderError> {
    let path = root.join(VERSION);
    match fs::read(&path) {
        Ok(bytes) => {
            let found = String::from_utf8_lossy(&bytes).trim().to_owned();
            if found == FORMAT.to_string() {
                return Ok(Some(()));
            }
            let folder = root.to_owned();
            if found.is_empty() || !found.bytes().all(|byte| byte.is_ascii_digit()) {
                // Many kinds of folder have a file of this name.
                return Err(DataFolderError::NotOurs { folder });
            }
            Err(DataFolderError::OtherVersion { folder, found })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let entries =
                fs::read_dir(root).map_err(|error| DataFolderError::from_io(root, error))?;
            for entry in entries {
                let entry = entry.map_err(|error| DataFolderError::from_io(root, error))?;
                // What a first `up` killed in its first moment leaves; `lost+found` is a fresh disk's.
                let ours = [LOCK, SETUP, "VERSION.new", "lost+found"];
                if !ours.iter().any(|name| entry.file_name() == *name) {
                    return Err(DataFolderError::NotOurs { folder: root.to_owned() });
                }
            }
            Ok(None)
        }
        Err(error) => Err(DataFolderError::from_io(&path, error)),
    }
}

fn lock(root: &Path, alone: bool) -> Result<File, DataFolderError> {
    let path = root.join(LOCK);
    let file = open_lock(&path)?;
    match if alone { file.try_lock() } else { file.try_lock_shared() } {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(DataFolderError::InUse { folder: root.to_owned(), api: running_api(root) })
        }
        Err(TryLockError::Error(error)) => Err(DataFolderError::from_io(&path, error)),
    }
}

fn open_lock(path: &Path) -> Result<File, DataFolderError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o644)
        .open(path)
        .map_err(|error| DataFolderError::from_io(path, error))
}

/// What the running system's ready file says about its address.
fn running_api(root: &Path) -> Option<String> {
    let text = fs::read(root.join(READY)).ok()?;
    let ready: serde_json::Value = serde_json::from_slice(&text).ok()?;
    Some(ready.get("api")?.as_str()?.to_owned())
}
