use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// How far one consumer has come in one log, in a file of its own:
/// `log <id>` and `position <number>`, a line each.
#[derive(Debug)]
pub struct CheckpointFile {
    path: PathBuf,
}

/// Why a checkpoint was not loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It counts positions of another log: rebuild, never guess.
    #[error("the checkpoint belongs to log {found}, not to log {wanted}")]
    OtherLog {
        /// The log in the file.
        found: Uuid,
        /// The log that was asked for.
        wanted: Uuid,
    },
    /// The file holds something else.
    #[error("`{0}` is not a checkpoint")]
    Unreadable(PathBuf),
    /// The file cannot be read or written.
    #[error("the checkpoint cannot be read or written: {0}")]
    Disk(#[from] io::Error),
}

impl CheckpointFile {
    /// Names the file, and creates the folder it will be in.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let path = path.into();
        if let Some(folder) = folder(&path) {
            fs::create_dir_all(folder)?;
        }
        Ok(Self { path })
    }

    /// The position that was saved for this log; 0 when none ever was.
    ///
    /// # Errors
    /// When the file belongs to another log, or holds no checkpoint.
    pub fn load(&self, log_id: Uuid) -> Result<u64, CheckpointError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let (found, position) = std::str::from_utf8(&text)
            .ok()
            .and_then(parse)
            .ok_or_else(|| CheckpointError::Unreadable(self.path.clone()))?;
        if found != log_id {
            return Err(CheckpointError::OtherLog { found, wanted: log_id });
        }
        Ok(position)
    }

    /// Replaces what was saved. After a crash the file holds the old position or the new one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, log_id: Uuid, position: u64) -> Result<(), CheckpointError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let mut file = File::create(&name)?;
        file.write_all(format!("log {log_id}\nposition {position}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&name, &self.path)?;
        // The rename is durable only with the folder.
        File::open(folder(&self.path).unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

fn parse(text: &str) -> Option<(Uuid, u64)> {
    let (log, position) = text.strip_suffix('\n')?.split_once('\n')?;
    let log = Uuid::parse_str(log.strip_prefix("log ")?).ok()?;
    Some((log, position.strip_prefix("position ")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: Uuid = Uuid::from_u128(7);

    fn in_new_folder() -> (tempfile::TempDir, CheckpointFile) {
        let folder = tempfile::tempdir().unwrap();
        let file = CheckpointFile::open(folder.path().join("consumers/announcer")).unwrap();
        (folder, file)
    }

    #[test]
    fn starts_at_zero_and_remembers_the_last_save() {
        let (_folder, file) = in_new_folder();
        assert_eq!(file.load(LOG).unwrap(), 0);
        file.save(LOG, 41).unwrap();
        file.save(LOG, 42).unwrap();
        assert_eq!(CheckpointFile::open(&file.path).unwrap().load(LOG).unwrap(), 42);
    }

    #[test]
    fn refuses_a_checkpoint_of_another_log() {
        let (_folder, file) = in_new_folder();
        file.save(LOG, 41).unwrap();
        let other = file.load(Uuid::from_u128(8));
        assert!(matches!(other, Err(CheckpointError::OtherLog { found: LOG, .. })), "{other:?}");
    }

    #[test]
    fn refuses_what_is_no_whole_checkpoint() {
        let (_folder, file) = in_new_folder();
        file.save(LOG, 41).unwrap();
        let whole = fs::read(&file.path).unwrap();
        for length in 0..whole.len() {
            fs::write(&file.path, &whole[..length]).unwrap();
            let cut = file.load(LOG);
            assert!(matches!(cut, Err(CheckpointError::Unreadable(_))), "{length}: {cut:?}");
        }
    }
}
