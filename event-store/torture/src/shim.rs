//! Builds `shim/recorder.c` and lets a process run behind it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

const SOURCE: &str = include_str!("../shim/recorder.c");

/// The recorder, built into a folder of its own.
#[derive(Debug)]
pub struct Shim {
    folder: TempDir,
}

impl Shim {
    /// Builds it with the machine's C compiler (`cc`, or what `CC` names), which building SQLite
    /// needs as well.
    ///
    /// # Errors
    /// When there is none, or it refuses.
    pub fn build() -> Result<Self> {
        let shim = Self { folder: tempfile::tempdir()? };
        let source = shim.folder.path().join("recorder.c");
        std::fs::write(&source, SOURCE)?;
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
        let output = Command::new(&compiler)
            .args(["-shared", "-fPIC", "-O1", "-U_FORTIFY_SOURCE", "-Wall", "-Werror", "-o"])
            .arg(shim.library())
            .arg(&source)
            .args(["-ldl", "-lpthread"])
            .output()
            .with_context(|| format!("the C compiler `{compiler}` cannot be run"))?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(shim)
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("recorder.so")
    }

    /// Puts the recorder between a process and one folder.
    ///
    /// # Errors
    /// When the folder cannot be found.
    pub fn wrap(&self, command: &mut Command, recording: &Recording, folder: &Path) -> Result<()> {
        command
            .env("LD_PRELOAD", self.library())
            .env("RECORDER_FOLDER", folder.canonicalize()?)
            .env("RECORDER_JOURNAL", recording.journal())
            .env("RECORDER_MARKS", recording.marks());
        Ok(())
    }
}

/// Where one process' journal goes.
#[derive(Debug)]
pub struct Recording {
    folder: TempDir,
}

impl Recording {
    /// A new one.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn new() -> Result<Self> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    /// The file of records.
    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The file whose lines become marks.
    pub fn marks(&self) -> PathBuf {
        self.folder.path().join("marks")
    }
}
