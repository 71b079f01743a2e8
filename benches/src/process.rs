//! Servers of the peers, which end with this process however it ends.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// A running server. Dropping it ends it and waits until it is gone.
pub(crate) struct Process {
    child: Child,
    signal: Signal,
    log: PathBuf,
}

/// What to run.
pub(crate) struct Plan {
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
    /// Another user and group, when we are root.
    pub(crate) user: Option<(u32, u32)>,
    /// Ends it in order; its number and its name.
    pub(crate) signal: (Signal, &'static str),
}

impl Process {
    /// Starts it, with its output in `log`. Must be called on the main thread: the system takes
    /// the end of the thread that started a process for the end of its parent.
    pub(crate) fn start(plan: Plan, log: &Path) -> anyhow::Result<Self> {
        let output = File::create(log)?;
        let mut command = Command::new("setpriv");
        command.arg(format!("--pdeathsig={}", plan.signal.1));
        if let Some((user, group)) = plan.user {
            command.args([format!("--reuid={user}"), format!("--regid={group}")]);
            command.arg("--clear-groups");
        }
        let child = command
            .arg(plan.program)
            .args(plan.arguments)
            .envs(plan.environment)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("setpriv cannot be started")?;
        Ok(Self { child, signal: plan.signal.0, log: log.to_owned() })
    }

    /// Fails, with its last words, when it has ended.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let words = std::fs::read_to_string(&self.log).unwrap_or_default();
            anyhow::bail!("a server ended with {status}: {}", words.trim());
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Not yet waited for, so the id is still its own.
        if let Ok(None) = self.child.try_wait()
            && let Some(pid) = Pid::from_raw(self.child.id().cast_signed())
        {
            let _ = kill_process(pid, self.signal);
        }
        let _ = self.child.wait();
    }
}
