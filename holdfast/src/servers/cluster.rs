//! The private Postgres' files: where they are, whose they are, and making them on first use.
//!
//! They lie in the data folder. Only when we are root and the user that Postgres runs as cannot
//! get in there (a data folder under /root), they lie under `/var/lib/holdfast`, in a folder named
//! after the data folder, and `postgres.location` in the data folder says so.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use uuid::Uuid;

use super::find::Search;
use super::postgres::{NAME, SERVER};
use super::system_user::{self, SystemUser};
use super::{ServerError, strays};

const ELSEWHERE: &str = "/var/lib/holdfast";
const LOCATION: &str = "postgres.location";

/// Where one private Postgres lives and what runs it.
pub(super) struct Cluster {
    pub(super) folder: PathBuf,
    pub(super) bin: PathBuf,
    pub(super) setpriv: PathBuf,
    pub(super) user: Option<SystemUser>,
}

impl Cluster {
    /// Decides on the folder; `inside` is the one in the data folder.
    pub(super) fn choose(data: &Path, inside: &Path, search: &Search) -> Result<Self, ServerError> {
        let setpriv = search.setpriv()?;
        let user = system_user::for_postgres()?;
        let folder = locate(data, inside, |folder| match user {
            Some(user) => user.reaches(&setpriv, folder),
            None => true,
        })?;
        let bin = search.postgres(&folder)?;
        Ok(Self { folder, bin, setpriv, user })
    }

    /// Makes the cluster unless it is there, all or nothing: it appears under its name only when
    /// it is whole.
    pub(super) fn prepare(&self, password: &str) -> Result<(), ServerError> {
        if self.folder.join("PG_VERSION").exists() {
            // A data folder that another user once used, or that was restored from a backup.
            return self.user.map_or(Ok(()), |user| user.give(&self.folder));
        }
        let draft = self.folder.with_extension("new");
        let words = self.folder.with_extension("initial-password");
        strays::stop(SERVER, "postgres", &draft, Signal::KILL)?;
        remove(&draft)?;
        DirBuilder::new()
            .mode(0o700)
            .create(&draft)
            .map_err(ServerError::io(SERVER, "creating", &draft))?;
        self.write_password(&words, password)?;
        if let Some(user) = self.user {
            user.give(&draft)?;
            user.give(&words)?;
        }
        let made = self.initdb(&draft, &words);
        let forgotten =
            fs::remove_file(&words).map_err(ServerError::io(SERVER, "removing", &words));
        made.and(forgotten)?;
        fs::rename(&draft, &self.folder).map_err(ServerError::io(SERVER, "creating", &self.folder))
    }

    fn write_password(&self, path: &Path, password: &str) -> Result<(), ServerError> {
        let write = || -> io::Result<()> {
            if path.exists() {
                fs::remove_file(path)?;
            }
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(password.as_bytes())
        };
        write().map_err(ServerError::io(SERVER, "writing", path))
    }

    fn initdb(&self, folder: &Path, password: &Path) -> Result<(), ServerError> {
        // This thread waits for it, so the parent-death signal comes only with our own death.
        let output = Command::new(&self.setpriv)
            .arg("--pdeathsig=KILL")
            .args(self.user.iter().flat_map(|user| user.setpriv_options()))
            .arg(self.bin.join("initdb"))
            .arg("-D")
            .arg(folder)
            .args(["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--data-checksums"])
            .args(["--no-instructions", "--username", NAME, "--pwfile"])
            .arg(password)
            .current_dir(folder)
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
            .stdin(Stdio::null())
            .output()
            .map_err(ServerError::io(SERVER, "running", &self.bin.join("initdb")))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let words = said
            .lines()
            .find(|line| line.contains("error:") || line.contains("FATAL:"))
            .or_else(|| said.lines().last())
            .unwrap_or("initdb said nothing")
            .trim()
            .to_owned();
        // Checked against everything said: the line that counts is not always the first.
        if said.contains("No space left on device") {
            return Err(ServerError::DiskFull { server: SERVER, folder: folder.to_owned() });
        }
        Err(ServerError::NotStarted { server: SERVER, words })
    }
}

/// The folder of the cluster, with its parents made.
fn locate(
    data: &Path,
    inside: &Path,
    reaches: impl Fn(&Path) -> bool,
) -> Result<PathBuf, ServerError> {
    let record = data.join(LOCATION);
    // One name per data folder; the namespace only keeps it stable.
    let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, data.as_os_str().as_bytes()).simple().to_string();
    let elsewhere = Path::new(ELSEWHERE).join(name).join("postgres");

    match fs::read_to_string(&record) {
        Ok(text) if Path::new(text.trim()) == elsewhere => {}
        Ok(text) => {
            let cluster = PathBuf::from(text.trim());
            return Err(ServerError::Moved { data: data.to_owned(), cluster, record });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if inside.join("PG_VERSION").exists() || reaches(data) {
                return Ok(inside.to_owned());
            }
            // Without the record, what is there belonged to a data folder that was deleted.
            if let Some(parent) = elsewhere.parent() {
                strays::stop(SERVER, "postgres", &elsewhere, Signal::INT)?;
                remove(parent)?;
            }
            let text = format!("{}\n", elsewhere.display());
            fs::write(&record, text).map_err(ServerError::io(SERVER, "writing", &record))?;
        }
        Err(source) => {
            return Err(ServerError::Io { doing: "reading", path: record, source });
        }
    }
    let parent = elsewhere.parent().unwrap_or(&elsewhere);
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(parent)
        .map_err(ServerError::io(SERVER, "creating", parent))?;
    tracing::info!(folder = %elsewhere.display(), "Postgres' user cannot get into the data folder, so its files lie elsewhere");
    Ok(elsewhere)
}

fn remove(folder: &Path) -> Result<(), ServerError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ServerError::io(SERVER, "removing", folder)(error))
        }
        _ => Ok(()),
    }
}
