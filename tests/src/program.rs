use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::Client;

/// The program under test, built by `make test` before the tests.
pub const HOLDFAST: &str = "holdfast";

const READY_WITHIN: Duration = Duration::from_secs(240);
const STOPPED_WITHIN: Duration = Duration::from_secs(60);

/// How a system is started.
#[derive(Default)]
pub struct Options {
    /// The timetable of the demo; the whole one when absent.
    pub flights: Option<PathBuf>,
    /// Further arguments of `holdfast up`.
    pub arguments: Vec<String>,
}

/// A running system and its data folder.
pub struct System {
    child: Option<Child>,
    options: Options,
    folder: TempDir,
    ready: Value,
}

impl System {
    /// Starts one on an empty data folder, and waits until it is ready.
    pub fn start(options: Options) -> Self {
        let mut system = Self::prepared(options);
        system.start_again();
        system
    }

    /// Has a place for a data folder, in which nothing is yet and nothing runs.
    pub fn prepared(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Postgres runs as another user when this is root: it must be able to reach its folder.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("permissions");
        Self { child: None, options, folder, ready: Value::Null }
    }

    /// Starts it on the data there is.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs");
        let ready_file = self.folder.path().join("ready.json");
        let _ = std::fs::remove_file(&ready_file);
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("up.log"))
            .expect("a log");
        let mut command = command();
        command
            .args(["up", "--demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data())
            .arg("--ready-file")
            .arg(&ready_file)
            .args(&self.options.arguments)
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        if let Some(flights) = &self.options.flights {
            command.arg("--demo-flights").arg(flights);
        }
        self.child = Some(command.spawn().expect("holdfast starts"));
        self.wait_until_ready(&ready_file);
    }

    fn wait_until_ready(&mut self, ready_file: &Path) {
        let begun = Instant::now();
        while !ready_file.exists() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("a status"));
            assert!(ended.is_none(), "holdfast ended: {ended:?}\n{}", self.log());
            assert!(begun.elapsed() < READY_WITHIN, "holdfast is not ready\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        let bytes = std::fs::read(ready_file).expect("the ready file");
        self.ready = serde_json::from_slice(&bytes).expect("the ready file is JSON");
    }

    /// Kills it with SIGKILL: it gets no chance to finish anything.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("reaped");
    }

    /// Stops it as an operator does, and expects a clean end.
    pub fn stop(&mut self) {
        if let Some(code) = self.try_stop() {
            assert_eq!(code, Some(0), "{}", self.log());
        }
    }

    fn try_stop(&mut self) -> Option<Option<i32>> {
        let mut child = self.child.take()?;
        if let Some(pid) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let begun = Instant::now();
        while begun.elapsed() < STOPPED_WITHIN {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(status.code());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
        Some(None)
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("up.log")).unwrap_or_default()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The ready file's content.
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// Its address.
    pub fn api(&self) -> &str {
        self.ready["api"].as_str().expect("an address")
    }

    /// A caller: `customer`, `customer2`, `agent`, `agent2`, `seller`, `auditor`, `operator`.
    pub fn client(&self, caller: &str) -> Client {
        let token = self.ready["tokens"][caller].as_str().expect("a token");
        Client::new(self.api(), Some(token))
    }

    /// A caller without a token.
    pub fn stranger(&self) -> Client {
        Client::new(self.api(), None)
    }

    /// A date on which flights can be bought, so many days after today.
    pub fn date(&self, days_from_today: u64) -> String {
        let first = self.ready["demo"]["first_date"].as_str().expect("a date");
        let first: chrono::NaiveDate = first.parse().expect("a date");
        // The first date is at most a week ago.
        (first + chrono::Days::new(7 + days_from_today)).to_string()
    }

    /// Runs a subcommand on its data folder.
    pub fn holdfast(&self, arguments: &[&str]) -> Output {
        let data = self.data();
        let data = data.to_str().expect("a path in UTF-8");
        holdfast(&[arguments, &["--data", data]].concat())
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.try_stop();
        if std::thread::panicking() {
            eprintln!("what holdfast printed:\n{}", self.log());
        }
    }
}

/// Runs a subcommand.
pub fn holdfast(arguments: &[&str]) -> Output {
    command().args(arguments).output().expect("holdfast runs")
}

/// The program, to be run with further arguments and another environment.
pub fn command() -> Command {
    command_of(HOLDFAST)
}

/// One of the programs by its name, to be run with further arguments: `command-api`, for example.
pub fn command_of(name: &str) -> Command {
    let mut command = Command::new(program(name));
    command.stdin(Stdio::null());
    command
}

/// Beside the tests' own folder: target/debug/holdfast.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this program's path");
    let folder = test.parent().and_then(Path::parent).expect("target/debug");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is not built; run `make test`", program.display());
    program
}
