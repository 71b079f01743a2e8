//! Putting a finished file in its place, so that a crash leaves the old one or the new one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The path of the same folder and name, with something behind it.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Syncs a file, gives it its name, and syncs that.
pub(super) fn publish(finished: &Path, name: &Path) -> io::Result<()> {
    File::open(finished)?.sync_all()?;
    fs::rename(finished, name)?;
    sync_folder_of(name)
}

/// Syncs the folder that a file is in.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
