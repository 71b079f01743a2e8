//! Servers of an earlier `up` that was killed.
//!
//! They are recognised by what they are, not by a pid file, which may be old and its number taken
//! by somebody else: a process of that program whose working directory is our server's folder
//! (compared as a file, not by name, so a moved data folder is recognised too). Only called by the
//! holder of the data folder's lock, so whatever runs there belongs to nobody.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::ServerError;

/// What a clean stop may take before force is used, and what force may take.
const POLITE: Duration = Duration::from_secs(20);
const FORCED: Duration = Duration::from_secs(10);

/// Stops every process of `program` that works in `folder`, and waits until all are gone.
pub(super) fn stop(
    server: &'static str,
    program: &str,
    folder: &Path,
    signal: Signal,
) -> Result<(), ServerError> {
    let strays = find(program, folder);
    if strays.is_empty() {
        return Ok(());
    }
    tracing::info!(server, count = strays.len(), "stopping what an earlier run left behind");
    // Only to the head: Postgres' postmaster tells its children itself.
    send(
        strays.iter().filter(|stray| !strays.iter().any(|other| other.pid == stray.parent)),
        signal,
    );
    if gone_within(program, folder, POLITE).is_none() {
        return Ok(());
    }
    send(find(program, folder).iter(), Signal::KILL);
    match gone_within(program, folder, FORCED) {
        None => Ok(()),
        Some(pid) => Err(ServerError::Orphan { server, pid, folder: folder.to_owned() }),
    }
}

/// A process of an earlier run.
struct Stray {
    pid: i32,
    parent: i32,
}

/// `None` once nothing is left, else one that still is. There is no event to await for somebody
/// else's child, so this looks again and again.
fn gone_within(program: &str, folder: &Path, bound: Duration) -> Option<i32> {
    let start = Instant::now();
    loop {
        let left = find(program, folder).first().map(|stray| stray.pid);
        if left.is_none() || start.elapsed() > bound {
            return left;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn send<'a>(strays: impl Iterator<Item = &'a Stray>, signal: Signal) {
    for stray in strays {
        if let Some(pid) = Pid::from_raw(stray.pid)
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::debug!(pid = stray.pid, %error, "a signal was not delivered");
        }
    }
}

fn find(program: &str, folder: &Path) -> Vec<Stray> {
    let Ok(ours) = fs::metadata(folder) else {
        return Vec::new();
    };
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let process = entry.path();
            let works_in = fs::metadata(process.join("cwd")).ok()?;
            if (works_in.dev(), works_in.ino()) != (ours.dev(), ours.ino()) {
                return None;
            }
            let status = fs::read_to_string(process.join("stat")).ok()?;
            let (name, parent) = parse_stat(&status)?;
            // The kernel keeps 15 characters of a program's name.
            (program.get(..15).unwrap_or(program) == name).then_some(Stray { pid, parent })
        })
        .collect()
}

/// Name and parent out of `/proc/PID/stat`: `PID (name) state parent …`.
fn parse_stat(stat: &str) -> Option<(&str, i32)> {
    let (head, tail) = stat.rsplit_once(") ")?;
    let name = head.split_once('(')?.1;
    let parent = tail.split(' ').nth(1)?.parse().ok()?;
    Some((name, parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_and_parent_of_a_process() {
        assert_eq!(parse_stat("12 (postgres) S 7 12 12 0"), Some(("postgres", 7)));
        assert_eq!(parse_stat("12 (a) b) S 7 12"), Some(("a) b", 7)));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn leaves_other_programs_in_the_same_folder_alone() {
        let here = std::env::current_dir().unwrap();
        assert!(find("postgres", &here).is_empty());
        let this = fs::read_to_string("/proc/self/stat").unwrap();
        let name = parse_stat(&this).unwrap().0.to_owned();
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(find(&name, &here).iter().any(|stray| stray.pid == me));
    }
}
