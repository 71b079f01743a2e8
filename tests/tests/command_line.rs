//! What the program says when it cannot do what it is asked, and how it ends.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use rustix::process::{Pid, Signal, kill_process};
use scenarios::{Options, System, TimetableFile, command, holdfast, lines, processes_of};
use serde_json::Value;

/// A refusal comes before anything slow is begun.
const REFUSED_WITHIN: Duration = Duration::from_secs(20);
const READY_WITHIN: Duration = Duration::from_secs(120);

#[test]
fn up_says_in_one_sentence_why_it_cannot_run() {
    let folder = open_folder();
    let data = folder.path().join("data");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal(command().args(["up", "--listen", &address, "--data"]).arg(&data));
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    assert!(!data.exists(), "nothing is touched");

    let said = refusal(up(&data).args(["--event-store-listen", &address]));
    assert!(said.contains(&format!("cannot serve the event store on {address}")), "{said}");
    let said = refusal(up(&data).args(["--event-store-listen", "0.0.0.0:0"]));
    assert!(said.contains("--event-store-listen is for this machine alone"), "{said}");

    let said = refusal(up(&data).env("HOLDFAST_NATS_SERVER", "/nonexistent"));
    assert!(said.contains("nats-server is missing") && said.contains("make run"), "{said}");
    let said = refusal(up(&data).env("HOLDFAST_POSTGRES_BIN", "/nonexistent"));
    assert!(said.contains("postgres is missing") && said.contains("apt-get install"), "{said}");

    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("VERSION"), "99\n").unwrap();
    let said = refusal(&mut up(&other));
    assert!(said.contains("another version of Holdfast (format 99"), "{said}");
    std::fs::write(other.join("VERSION"), "1.2.3 of something else\n").unwrap();
    let said = refusal(&mut up(&other));
    assert!(said.contains("is no data folder of Holdfast"), "{said}");

    // Not even root can make a folder there.
    let said = refusal(&mut up(Path::new("/sys/holdfast-data")));
    assert!(said.contains("/sys/holdfast-data is not writable"), "{said}");

    let said = refusal(up(&data).args(["--database-url", "postgres://nobody@127.0.0.1:9/none"]));
    assert!(said.contains("cannot connect to Postgres"), "{said}");
    let left = processes_of(&data.canonicalize().unwrap());
    assert!(left.is_empty(), "left over: {left:?}");
}

#[test]
fn a_running_system_says_where_it_is_and_keeps_others_out() {
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    says_what_a_client_needs(system.ready());

    let said = refusal(&mut up(&system.data()));
    assert!(said.contains("is in use by another holdfast"), "{said}");
    assert!(said.contains(system.api()), "it says where the other one answers: {said}");

    let read = system.holdfast(&["events", "read", "--stream", "booking-none"]);
    assert_eq!(read.status.code(), Some(1), "{read:?}");
    assert_eq!(sentence(&read), "holdfast: there is no stream booking-none");
    let read = system.holdfast(&["events", "read", "--all", "--limit", "3", "--json"]);
    assert_eq!(read.stdout.iter().filter(|byte| **byte == b'\n').count(), 3);
    let url = system.ready()["event_store"].as_str().unwrap();
    let over_the_wire = holdfast(&["events", "read", "--all", "--json", "--event-store", url]);
    let (wire, file) = (lines(&over_the_wire.stdout), system.log_events());
    assert!(wire.len() > 3 && wire == file, "{} events, {} in the file", wire.len(), file.len());
    // `up` relies on being the log's one writer: those who may write get in elsewhere only.
    let password = std::fs::read_to_string(system.data().join("keys/event-store-admin.password"));
    let (_, place) = url.split_once('@').unwrap();
    let admin = format!("esdb://admin:{}@{place}", password.unwrap().trim());
    let refused = holdfast(&["events", "read", "--all", "--event-store", &admin]);
    assert!(sentence(&refused).contains("denies access"), "{refused:?}");
    let rebuilt = system.holdfast(&["projections", "rebuild", "none"]);
    assert_eq!(rebuilt.status.code(), Some(1), "{rebuilt:?}");
    assert!(sentence(&rebuilt).contains("there is no such projection"), "{rebuilt:?}");
    let token = system.holdfast(&["token", "auditor"]);
    assert!(token.status.success() && token.stdout.starts_with(b"ey"), "{token:?}");
}

#[allow(clippy::disallowed_methods, reason = "the demo covers today")]
fn says_what_a_client_needs(ready: &Value) {
    for name in ["api", "event_store", "nats", "database"] {
        assert!(ready[name].as_str().is_some_and(|url| url.contains(':')), "{name}: {ready}");
    }
    let event_store = ready["event_store"].as_str().unwrap();
    assert!(event_store.starts_with("esdb://auditor:"), "{event_store}");
    assert!(event_store.contains("?tls=true&tlsCAFile=/"), "{event_store}");
    let tokens: BTreeSet<&str> =
        ready["tokens"].as_object().unwrap().keys().map(String::as_str).collect();
    let callers = ["customer", "customer2", "agent", "agent2", "seller", "auditor", "operator"];
    assert_eq!(tokens, BTreeSet::from(callers));
    let date = |name: &str| ready["demo"][name].as_str().unwrap().parse::<NaiveDate>().unwrap();
    let (first, last) = (date("first_date"), date("last_date"));
    let today = chrono::Utc::now().date_naive();
    let ago = today - first;
    assert!((TimeDelta::days(1)..=TimeDelta::days(7)).contains(&ago), "{first}, today {today}");
    assert!(last > today, "{last}");
}

#[test]
fn ctrl_c_stops_everything_and_leaves_nothing_running() {
    let folder = open_folder();
    let mut running = Running::start(&folder.path().join("data"), folder.path());
    assert!(running.ready["tokens"].is_null(), "tokens are for demos: {}", running.ready);
    let data = folder.path().join("data").canonicalize().unwrap();
    assert!(processes_of(&data).len() > 2);

    running.signal(Signal::INT);
    assert_eq!(running.end(), Some(0), "{}", running.log());
    let left = processes_of(&data);
    assert!(left.is_empty(), "left over: {left:?}");
    assert!(!data.join("up.json").exists(), "nothing says that it runs");
    let data = data.to_str().unwrap();
    let listed = holdfast(&["projections", "list", "--data", data]);
    assert!(sentence(&listed).contains("no system runs on the data folder"), "{listed:?}");
}

#[test]
fn every_subcommand_explains_itself() {
    let mut seen = 0;
    explain(&mut vec![], &mut seen);
    println!("{seen} subcommands");
    assert!(seen > 12, "{seen}");
    let none = holdfast(&["no-such-thing"]);
    assert_eq!(none.status.code(), Some(1), "{none:?}");
    assert!(String::from_utf8(none.stderr).unwrap().contains("no-such-thing"));
}

fn explain(path: &mut Vec<String>, seen: &mut usize) {
    let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = holdfast(&arguments);
    assert_eq!(help.status.code(), Some(0), "{path:?}");
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(text.contains("Usage: holdfast"), "{text}");
    assert!(text.lines().next().is_some_and(|line| line.len() > 10), "{path:?} says what it does");
    *seen += 1;
    let Some((_, commands)) = text.split_once("\nCommands:\n") else { return };
    let names = commands.lines().take_while(|line| !line.is_empty());
    let is_name = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    for name in names.filter(is_name).filter_map(|line| line.split_whitespace().next()) {
        if name != "help" {
            path.push(name.to_owned());
            explain(path, seen);
            path.pop();
        }
    }
}

#[test]
fn a_full_disk_is_said_to_be_full_and_freed_it_goes_on() {
    let folder = open_folder();
    let Some(small) = Disk::mount(folder.path().join("small"), "16m") else { return };
    let said = refusal(&mut up(&small.0));
    assert!(said.contains("disk") && said.contains("is full"), "{said}");
    drop(small);

    let Some(disk) = Disk::mount(folder.path().join("disk"), "256m") else { return };
    let mut running = Running::start(&disk.0.join("data"), folder.path());
    disk.fill();
    let begun = Instant::now();
    let offering = "2040-01-15,UA,1545,N14228,EWR,IAH,0515,0819,1400";
    let header = "date,carrier,flight,tail_number,origin,destination,scheduled_departure,scheduled_arrival,distance_miles";
    let timetable = folder.path().join("timetable.csv");
    std::fs::write(&timetable, format!("{header}\n{offering}\n")).unwrap();
    let (data, timetable) = (disk.0.join("data"), timetable.to_str().unwrap().to_owned());
    let import = || {
        let mut import = command();
        import.args(["import", "flights", &timetable, "--data", data.to_str().unwrap()]);
        bounded(&mut import)
    };
    let refused = import();
    println!("after {:?} the import said: {}", begun.elapsed(), sentence(&refused));
    assert_eq!(refused.status.code(), Some(1), "it is not acknowledged: {refused:?}");
    assert!(running.log().contains("disk is full"), "the operator is told: {}", running.log());
    assert!(running.child.try_wait().unwrap().is_none(), "it goes on reading: {}", running.log());

    disk.free();
    let imported = import();
    assert!(imported.status.success(), "it recovers: {imported:?}\n{}", running.log());
    let said = String::from_utf8(imported.stdout).unwrap();
    assert!(said.starts_with("imported 1 flights"), "nothing was done before: {said}");
    running.signal(Signal::TERM);
    assert_eq!(running.end(), Some(0), "{}", running.log());
    let left = processes_of(&disk.0);
    assert!(left.is_empty(), "left over: {left:?}");
}

/// A file system of its own, of a size that can be filled.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let options = format!("size={size},mode=755");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&at);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self(at.canonicalize().unwrap())),
            other => {
                println!("not tried: a disk cannot be mounted here: {other:?}");
                None
            }
        }
    }

    fn fill(&self) {
        let mut file = std::fs::File::create(self.0.join("filler")).unwrap();
        for size in [1 << 20, 1 << 12] {
            while std::io::Write::write_all(&mut file, &vec![b'.'; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

/// `holdfast up` without the demo, and what it prints.
struct Running {
    child: Child,
    log: PathBuf,
    ready: Value,
}

impl Running {
    fn start(data: &Path, folder: &Path) -> Self {
        let (log, ready) = (folder.join("up.log"), folder.join("ready.json"));
        let out = std::fs::File::create(&log).unwrap();
        let mut command = up(data);
        command.arg("--ready-file").arg(&ready).stdout(out.try_clone().unwrap()).stderr(out);
        let mut running = Self { child: command.spawn().unwrap(), log, ready: Value::Null };
        let begun = Instant::now();
        while !ready.exists() {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < READY_WITHIN, "{}", running.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        running.ready = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
        running
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Its exit code, once it has ended by itself.
    fn end(&mut self) -> Option<i32> {
        ended_within(&mut self.child, Duration::from_secs(60)).and_then(|status| status.code())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn up(data: &Path) -> Command {
    let mut command = command();
    command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

/// Everybody may enter: as root, Postgres runs as another user.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// What it says instead of running.
#[track_caller]
fn refusal(command: &mut Command) -> String {
    let output = bounded(command);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    sentence(&output)
}

/// The one line on standard error.
#[track_caller]
fn sentence(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let said = said.trim_end();
    assert!(said.starts_with("holdfast: ") && !said.contains('\n'), "not one sentence: {said}");
    said.to_owned()
}

#[track_caller]
fn bounded(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if ended_within(&mut child, REFUSED_WITHIN).is_none() {
        let _ = child.kill();
        panic!("it goes on: {:?}", child.wait_with_output());
    }
    child.wait_with_output().unwrap()
}

fn ended_within(child: &mut Child, bound: Duration) -> Option<std::process::ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < bound {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}
