use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::OpenError;

/// The right to write the log of a folder. The operating system gives it back when the process
/// ends, however it ends.
pub(super) struct FolderLock {
    _held: File,
}

impl FolderLock {
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _held: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether an engine has the folder, without creating anything in it.
    pub(super) fn is_held(folder: &Path) -> bool {
        File::open(folder.join("lock"))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}
