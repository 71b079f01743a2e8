use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use serde_json::Value;

use crate::command_of;

const READY_WITHIN: Duration = Duration::from_secs(120);
const STOPPED_WITHIN: Duration = Duration::from_secs(30);

/// A process that can be killed, and started again as it was.
pub struct Service {
    /// What its files are called.
    pub name: &'static str,
    program: &'static str,
    arguments: Vec<String>,
    folder: PathBuf,
    child: Option<Child>,
}

impl Service {
    /// Not started yet. Its output and its ready file lie in the folder.
    pub fn new(
        name: &'static str,
        program: &'static str,
        arguments: Vec<String>,
        folder: &Path,
    ) -> Self {
        Self { name, program, arguments, folder: folder.to_owned(), child: None }
    }

    /// Starts it, and does not wait for it.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs", self.name);
        let _ = std::fs::remove_file(self.ready_file());
        let log: File = OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = command_of(self.program);
        command.args(&self.arguments).arg("--ready-file").arg(self.ready_file());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// With SIGKILL: it gets no chance to finish anything.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Whether it has ended by itself; then it is no longer there.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        let ended = self.child.as_mut()?.try_wait().unwrap();
        if ended.is_some() {
            self.child = None;
        }
        ended
    }

    /// Waits until it is ready, and says what its ready file has.
    pub fn wait_until_ready(&mut self) -> Value {
        let begun = Instant::now();
        loop {
            if let Ok(bytes) = std::fs::read(self.ready_file()) {
                return serde_json::from_slice(&bytes).unwrap();
            }
            if let Some(ended) = self.has_ended() {
                panic!("{} ended: {ended}\n{}", self.name, self.log());
            }
            assert!(begun.elapsed() < READY_WITHIN, "{} is not ready\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops it as an operator does, and expects a clean end.
    pub fn stop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let begun = Instant::now();
        loop {
            if let Some(ended) = self.has_ended() {
                assert!(ended.success(), "{} ended with {ended}\n{}", self.name, self.log());
                return;
            }
            assert!(begun.elapsed() < STOPPED_WITHIN, "{} goes on\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn ready_file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<&str> = log.lines().rev().take(30).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            eprintln!("the last of what {} printed:\n{}\n", self.name, last.join("\n"));
        }
    }
}
