use std::path::Path;

/// A process that works in a data folder, or names it on its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its parent's number.
    pub parent: u32,
    /// What the kernel calls it: `postgres`, `nats-server`, `holdfast`.
    pub name: String,
}

/// Everything that belongs to a data folder by its working directory or its command line.
/// Processes that have ended and only wait to be reaped are none.
pub fn processes_of(data: &Path) -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| belonging(&entry.path(), data)).collect()
}

/// The Postgres servers and the nats-servers among [`processes_of`], without Postgres' workers.
pub fn servers_of(data: &Path) -> (Vec<u32>, Vec<u32>) {
    let all = processes_of(data);
    let is_postgres = |pid: u32| all.iter().any(|one| one.pid == pid && one.name == "postgres");
    let named = |name: &str| {
        let found = all.iter().filter(|one| one.name == name && !is_postgres(one.parent));
        found.map(|one| one.pid).collect()
    };
    (named("postgres"), named("nats-server"))
}

fn belonging(process: &Path, data: &Path) -> Option<Process> {
    let pid = process.file_name()?.to_str()?.parse().ok()?;
    let works_there =
        std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(data));
    let names_it = || {
        let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(data.to_str().expect("a path in UTF-8"))
    };
    if pid == std::process::id() || !(works_there || names_it()) {
        return None;
    }
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    let (head, tail) = stat.rsplit_once(") ")?;
    let mut tail = tail.split(' ');
    let ended = matches!(tail.next()?, "Z" | "X");
    let parent = tail.next()?.parse().ok()?;
    let name = head.split_once('(')?.1.to_owned();
    (!ended).then_some(Process { pid, parent, name })
}
