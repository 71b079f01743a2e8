//! A Postgres of the benchmarks' own: found on this machine, in a folder made for it, over a Unix
//! socket. The program's private Postgres is another: it is tuned for little memory, and needing
//! it would mean building the whole program before anything can be measured.

use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tempfile::TempDir;

use crate::process::{Plan, Process};

/// Durable as it comes, with memory, and room for its log so that no round has a checkpoint.
const SETTINGS: [&str; 14] = [
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=1GB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=16GB",
    "checkpoint_timeout=1h",
    "wal_sync_method=fdatasync",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "jit=off",
    "logging_collector=off",
    "log_min_messages=fatal",
];
const NAME: &str = "bench";
/// On disk on every system, and open to every user.
const OPEN_TO_ALL: &str = "/var/tmp";

/// A running server. Dropping it stops it, and removes its files.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) options: PgConnectOptions,
    /// Dropped after the process.
    _files: TempDir,
}

impl Server {
    /// Makes the files and starts it. Must be called on the main thread.
    pub(crate) fn start(beside: &Path) -> anyhow::Result<Self> {
        let bin = programs()?;
        let user = user()?;
        let files = place(beside, user)?;
        let folder = files.path().join("cluster");
        std::fs::create_dir(&folder)?;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group))?;
        }
        let made = as_user(user)
            .arg(bin.join("initdb"))
            .arg("-D")
            .arg(&folder)
            .args(["--encoding=UTF8", "--locale=C", "--auth=trust", "--data-checksums"])
            .args(["--no-instructions", "--username", NAME])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .context("setpriv cannot be started")?;
        let words = String::from_utf8_lossy(&made.stderr).into_owned();
        anyhow::ensure!(made.status.success(), "initdb failed: {}", words.trim());

        let mut arguments: Vec<OsString> = vec!["-D".into(), folder.clone().into()];
        let sockets = format!("unix_socket_directories={}", folder.display());
        for setting in SETTINGS.into_iter().chain([sockets.as_str()]) {
            arguments.extend(["-c".into(), setting.into()]);
        }
        let plan = Plan {
            program: bin.join("postgres").into(),
            arguments,
            environment: vec![("LC_ALL", "C".into())],
            user,
            signal: (Signal::INT, "INT"),
        };
        let process = Process::start(plan, &files.path().join("output"))?;
        let options = PgConnectOptions::new_without_pgpass()
            .socket(&folder)
            .port(5432)
            .username(NAME)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable);
        Ok(Self { process, options, _files: files })
    }
}

/// Postgres refuses to run as root: then as the system's `postgres`, or `nobody`.
fn user() -> anyhow::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let found = ["postgres", "nobody"].into_iter().find_map(|name| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    });
    Ok(Some(found.context("Postgres needs an account other than root's")?))
}

fn as_user(user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL");
    if let Some((user, group)) = user {
        command.args([format!("--reuid={user}"), format!("--regid={group}")]);
        command.arg("--clear-groups");
    }
    command
}

/// A folder that Postgres' user can get into; not beside the others when they lie under /root.
fn place(beside: &Path, user: Option<(u32, u32)>) -> anyhow::Result<TempDir> {
    let reached = as_user(user).args(["test", "-x"]).arg(beside).status()?.success();
    let parent = if reached { beside } else { Path::new(OPEN_TO_ALL) };
    let files = tempfile::Builder::new().prefix("bench-postgres-").tempdir_in(parent)?;
    std::fs::set_permissions(files.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(files)
}

/// The folder with `postgres` and `initdb`: as HOLDFAST_POSTGRES_BIN says, beside the `postgres`
/// on PATH (which may be a link to it), or Debian's newest.
fn programs() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("HOLDFAST_POSTGRES_BIN").filter(|name| !name.is_empty());
    if let Some(named) = named {
        return Ok(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let linked = std::env::split_paths(&path)
        .filter_map(|folder| Some(folder.join("postgres").canonicalize().ok()?.parent()?.into()));
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    linked
        .chain(versions.into_iter().rev().map(|(_, folder)| folder))
        .find(|folder: &PathBuf| folder.join("initdb").exists() && folder.join("postgres").exists())
        .context("Postgres is missing: install it with `apt-get install postgresql`")
}
