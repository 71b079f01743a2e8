//! One server process and the thread that looks after it.
//!
//! The system sends the parent-death signal when the *thread* that made the child ends, not the
//! process. So each server has a thread of its own that starts it, waits for it, starts it again
//! when it ends by itself, and lives exactly as long as it does.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::watch;

use super::system_user::SystemUser;
use super::{READY_WITHIN, ServerError, strays};

/// What a clean stop may take before force is used.
const POLITE: Duration = Duration::from_secs(20);
/// Restarts within [`RESTARTS_WITHIN`] before giving up, each after a longer pause.
const RESTARTS: usize = 3;
const RESTARTS_WITHIN: Duration = Duration::from_secs(600);
/// A log longer than this makes room for a new one when the server starts; one old one is kept.
const LOG_LIMIT: u64 = 8 << 20;

/// How a private server fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// Its process runs (after a restart it may need a moment until it answers).
    Running,
    /// It ended by itself and is about to be started again.
    Restarting,
    /// It was stopped as asked.
    Stopped,
    /// It ended by itself and stays down; its last words.
    Failed(String),
}

/// What to start, and how to end it.
pub(super) struct Plan {
    pub(super) server: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Working directory, by which an orphan of it is recognised.
    pub(super) folder: PathBuf,
    pub(super) setpriv: PathBuf,
    pub(super) user: Option<SystemUser>,
    /// For a clean stop, and for when this process dies.
    pub(super) stop_signal: Signal,
    /// The same, as `setpriv` spells it.
    pub(super) death_signal: &'static str,
    /// Where its output goes. Both servers are told to say little, so the size is looked at only
    /// at each start.
    pub(super) log: PathBuf,
}

impl Plan {
    pub(super) fn program_name(&self) -> &str {
        self.program.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    fn spawn(&self) -> io::Result<(Child, u64)> {
        let (log, offset) = self.open_log()?;
        let mut command = Command::new(&self.setpriv);
        command
            .arg(format!("--pdeathsig={}", self.death_signal))
            .args(self.user.iter().flat_map(|user| user.setpriv_options()))
            .arg(&self.program)
            .args(&self.arguments)
            .current_dir(&self.folder)
            // A clean environment: PGPORT and the like would reach Postgres. English words, UTC.
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")])
            // Its own group: a Ctrl-C in the terminal is ours to handle, in our order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok((command.spawn()?, offset))
    }

    fn open_log(&self) -> io::Result<(File, u64)> {
        if fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_LIMIT) {
            fs::rename(&self.log, self.log.with_extension("log.old"))?;
        }
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let offset = log.metadata()?.len();
        Ok((log, offset))
    }

    /// What the server said since `offset`, cut down to what belongs into a sentence.
    fn last_words(&self, offset: u64) -> String {
        let read = || -> io::Result<String> {
            let mut log = File::open(&self.log)?;
            let from = offset.max(log.metadata()?.len().saturating_sub(16 << 10));
            log.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            log.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        essence(&read().unwrap_or_default())
            .unwrap_or_else(|| format!("it said nothing; see {}", self.log.display()))
    }
}

/// The lines that tell of a failure, without time stamps and levels; else the last line.
fn essence(text: &str) -> Option<String> {
    const LEVELS: [&str; 3] = ["FATAL:", "PANIC:", "[FTL]"];
    const WORDS: [&str; 2] = ["could not", "error:"];
    let telling: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            let after_level =
                LEVELS.iter().find_map(|level| Some(line.split_once(level)?.1.trim()));
            after_level.or_else(|| WORDS.iter().find_map(|word| line.get(line.find(word)?..)))
        })
        .collect();
    let last = telling.len().saturating_sub(2);
    match telling.get(last..) {
        Some(lines) if !lines.is_empty() => Some(lines.join("; ")),
        _ => text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned),
    }
}

/// A started server. Dropping it stops it.
pub(super) struct Supervised {
    server: &'static str,
    folder: PathBuf,
    stop_signal: Signal,
    shared: Arc<Shared>,
    state: watch::Receiver<ServerState>,
}

#[derive(Default)]
struct Shared {
    current: Mutex<Current>,
    changed: Condvar,
}

#[derive(Default)]
struct Current {
    /// While set, the process exists (perhaps as a zombie), so a signal cannot hit another.
    pid: Option<Pid>,
    /// From then on its end is not the start's failure but a reason for a restart.
    ready: bool,
    stopping: bool,
    /// The thread is through.
    ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervised {
    /// Starts the server's thread, which starts the server.
    pub(super) fn launch(plan: Plan) -> Result<Self, ServerError> {
        let shared = Arc::new(Shared::default());
        let (state, watched) = watch::channel(ServerState::Running);
        let supervised = Self {
            server: plan.server,
            folder: plan.folder.clone(),
            stop_signal: plan.stop_signal,
            shared: Arc::clone(&shared),
            state: watched,
        };
        let program = plan.program.clone();
        thread::Builder::new()
            .name(format!("private {}", plan.server))
            .spawn(move || {
                let last = look_after(&plan, &shared, &state);
                shared.lock().ended = true;
                shared.changed.notify_all();
                state.send_replace(last);
            })
            .map_err(ServerError::io(supervised.server, "starting", &program))?;
        Ok(supervised)
    }

    /// Tries until one attempt succeeds, the server has ended, or the time is over.
    pub(super) async fn until_ready<T, E, F>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, ServerError>
    where
        E: std::fmt::Display,
        F: Future<Output = Result<T, E>>,
    {
        let mut state = self.state.clone();
        let start = Instant::now();
        loop {
            let answer = tokio::time::timeout(Duration::from_secs(10), attempt()).await;
            let why = match answer {
                Ok(Ok(value)) => {
                    self.shared.lock().ready = true;
                    return Ok(value);
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            if let ServerState::Failed(words) = &*self.state.borrow() {
                return Err(ServerError::not_started(self.server, &self.folder, words.clone()));
            }
            if start.elapsed() > READY_WITHIN {
                let words =
                    format!("it did not answer within {} s ({why})", READY_WITHIN.as_secs());
                return Err(ServerError::NotStarted { server: self.server, words });
            }
            // Nothing tells when a server begins to listen; its end, though, is told at once.
            let _ = tokio::time::timeout(Duration::from_millis(25), state.changed()).await;
        }
    }

    /// How it fares, now and from now on.
    pub(super) fn state(&self) -> watch::Receiver<ServerState> {
        self.state.clone()
    }

    /// Resolves when it ended by itself and could not be restarted; never when it was stopped.
    pub(super) async fn died(&self) -> ServerError {
        let mut state = self.state.clone();
        let words = match state.wait_for(|state| matches!(state, ServerState::Failed(_))).await {
            Ok(found) => match &*found {
                ServerState::Failed(words) => Some(words.clone()),
                _ => None,
            },
            Err(_) => None,
        };
        match words {
            Some(words) => ServerError::Died { server: self.server, words },
            None => std::future::pending().await,
        }
    }

    /// Stops it: politely, then by force. Blocks until it is gone.
    pub(super) fn stop_blocking(&self) {
        let mut current = self.shared.lock();
        current.stopping = true;
        self.shared.changed.notify_all();
        for (signal, bound) in [(self.stop_signal, POLITE), (Signal::KILL, POLITE)] {
            if let Some(pid) = current.pid {
                let _ = kill_process(pid, signal);
            }
            let waited = self.shared.changed.wait_timeout_while(current, bound, |now| !now.ended);
            current = waited.unwrap_or_else(PoisonError::into_inner).0;
            if current.ended {
                return;
            }
            tracing::warn!(server = self.server, "still running, although told to stop");
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.stop_blocking();
    }
}

/// The thread of one server: start, wait, start again. Returns how it ended for good.
fn look_after(plan: &Plan, shared: &Shared, state: &watch::Sender<ServerState>) -> ServerState {
    let mut restarts = VecDeque::new();
    loop {
        let started = {
            let mut current = shared.lock();
            if current.stopping {
                return ServerState::Stopped;
            }
            plan.spawn().map(|(child, offset)| {
                let pid = Pid::from_child(&child);
                current.pid = Some(pid);
                (child, pid, offset)
            })
        };
        let words = match started {
            Ok((mut child, pid, offset)) => {
                state.send_replace(ServerState::Running);
                // Waits without reaping, so that the process id stays ours until it is forgotten.
                while let Err(rustix::io::Errno::INTR) =
                    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
                {
                }
                let mut current = shared.lock();
                current.pid = None;
                let status = child.wait();
                if current.stopping {
                    return ServerState::Stopped;
                }
                tracing::warn!(server = plan.server, ?status, "a private server ended by itself");
                plan.last_words(offset)
            }
            Err(error) => format!("{}: {error}", plan.setpriv.display()),
        };

        let current = shared.lock();
        restarts.retain(|at: &Instant| at.elapsed() < RESTARTS_WITHIN);
        if !current.ready || restarts.len() >= RESTARTS {
            return ServerState::Failed(words);
        }
        restarts.push_back(Instant::now());
        state.send_replace(ServerState::Restarting);
        let pause = Duration::from_millis(200) * u32::try_from(restarts.len()).unwrap_or(1).pow(2);
        let waited = shared.changed.wait_timeout_while(current, pause, |now| !now.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        // A killed postmaster's children may need a moment to notice.
        if let Err(error) =
            strays::stop(plan.server, plan.program_name(), &plan.folder, plan.stop_signal)
        {
            return ServerState::Failed(error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::essence;

    #[test]
    fn last_words_are_those_that_tell_of_a_failure() {
        let text = "2026-01-01 UTC [1] LOG:  starting\n2026-01-01 UTC [1] LOG:  could not bind IPv4 address: Address already in use\n2026-01-01 UTC [1] FATAL:  could not create any TCP/IP sockets\n2026-01-01 UTC [1] LOG:  database system is shut down\n";
        assert_eq!(
            essence(text).unwrap(),
            "could not bind IPv4 address: Address already in use; could not create any TCP/IP sockets"
        );
        assert_eq!(essence("one\ntwo\n\n").unwrap(), "two");
        assert_eq!(essence(""), None);
    }
}
