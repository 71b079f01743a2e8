//! The private servers, for real: real Postgres, real nats-server, real kills.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use holdfast::data_folder::{DataFolder, DataFolderError};
use holdfast::servers::{PrivateNats, PrivatePostgres, Search, ServerState, connect_nats};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// Names the data folder to the helper process of the tests that kill.
const HELPER: &str = "HOLDFAST_TEST_HELPER";

/// A folder that Postgres' user can get into, also when the tests run as root.
fn reachable() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// `(pid, parent)` of the processes that work in a folder, itself or below.
fn working_below(folder: &Path) -> Vec<(i32, i32)> {
    let Ok(folder) = folder.canonicalize() else {
        return Vec::new();
    };
    let at = |fields: &str, n: usize| fields.split(' ').nth(n).unwrap().parse().unwrap();
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(|entry| {
            fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder))
        })
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .map(|stat| (at(&stat, 0), at(stat.rsplit_once(") ").unwrap().1, 1)))
        .collect()
}

fn send(pid: i32, signal: Signal) {
    // It may be gone already, and then all is well.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// Kills the process whose parent is not one of its kind there.
fn kill_head(folder: &Path) {
    let processes = working_below(folder);
    let is_head = |parent: i32| !processes.iter().any(|(pid, _)| *pid == parent);
    let (head, _) = processes.iter().find(|(_, parent)| is_head(*parent)).unwrap();
    send(*head, Signal::KILL);
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn both(data: &DataFolder) -> (PrivatePostgres, PrivateNats) {
    let search = Search::from_environment();
    let (postgres, nats) =
        tokio::join!(PrivatePostgres::start(data, &search), PrivateNats::start(data, &search));
    (postgres.unwrap(), nats.unwrap())
}

async fn sql(postgres: &PrivatePostgres, statement: &'static str) -> i64 {
    let mut connection = PgConnection::connect(postgres.url()).await.unwrap();
    let found: Option<i64> =
        sqlx::query_scalar(statement).fetch_optional(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found.unwrap_or_default()
}

async fn count_streams(nats: &PrivateNats) -> usize {
    let client = connect_nats(nats.url()).await.unwrap();
    async_nats::jetstream::new(client).query_account().await.unwrap().streams
}

async fn add_stream(nats: &PrivateNats) {
    let client = connect_nats(nats.url()).await.unwrap();
    let config = async_nats::jetstream::stream::Config {
        name: "kept".to_owned(),
        subjects: vec!["kept.>".to_owned()],
        ..Default::default()
    };
    async_nats::jetstream::new(client).create_stream(config).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_and_starting_again_keeps_what_was_stored() {
    let folder = reachable();
    for round in 0..2 {
        let data = DataFolder::open(folder.path()).unwrap();
        let (postgres, nats) = both(&data).await;
        if round == 0 {
            sql(&postgres, "create table kept as select 42::bigint as answer").await;
            add_stream(&nats).await;
        }
        assert_eq!(sql(&postgres, "select answer from kept").await, 42);
        let fsync = "select 1::bigint where current_setting('fsync') = 'on'";
        assert_eq!(sql(&postgres, fsync).await, 1);
        assert_eq!(count_streams(&nats).await, 1);
        postgres.stop().await;
        nats.stop().await;
        assert_eq!(working_below(folder.path()), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_data_folders_run_side_by_side() {
    let (one, other) = (reachable(), reachable());
    let one_data = DataFolder::open(one.path()).unwrap();
    let other_data = DataFolder::open(other.path()).unwrap();
    let ((postgres, nats), (other_postgres, other_nats)) =
        tokio::join!(both(&one_data), both(&other_data));
    sql(&postgres, "create table only_here as select 1::bigint as one").await;
    let tables = "select count(*) from pg_tables where tablename = 'only_here'";
    assert_eq!((sql(&postgres, tables).await, sql(&other_postgres, tables).await), (1, 0));
    add_stream(&nats).await;
    assert_eq!(count_streams(&other_nats).await, 0);
    // Without the password nobody gets in, and a dropped handle stops its server.
    let (_, address) = nats.url().split_once('@').unwrap();
    assert!(connect_nats(&format!("nats://{address}")).await.is_err());
    drop((postgres, nats, other_postgres, other_nats));
    assert!(working_below(one.path()).is_empty() && working_below(other.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_started_again_at_the_same_address() {
    let folder = reachable();
    let data = DataFolder::open(folder.path()).unwrap();
    let (postgres, nats) = both(&data).await;
    sql(&postgres, "create table kept as select 42::bigint as answer").await;
    for (mut state, folder) in [(postgres.state(), data.postgres()), (nats.state(), data.nats())] {
        kill_head(&folder);
        state.wait_for(|state| *state == ServerState::Restarting).await.unwrap();
        state.wait_for(|state| *state == ServerState::Running).await.unwrap();
    }
    let start = Instant::now();
    while PgConnection::connect(postgres.url()).await.is_err()
        || connect_nats(nats.url()).await.is_err()
    {
        assert!(start.elapsed() < Duration::from_secs(60), "a restarted server does not answer");
    }
    assert_eq!(sql(&postgres, "select answer from kept").await, 42);
    postgres.stop().await;
    nats.stop().await;
    assert_eq!(working_below(folder.path()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_stay_up_is_reported() {
    let folder = reachable();
    let data = DataFolder::open(folder.path()).unwrap();
    let nats = PrivateNats::start(&data, &Search::from_environment()).await.unwrap();
    fs::write(data.root().join("nats.conf"), "listen: {nonsense").unwrap();
    kill_head(&data.nats());
    let death = tokio::time::timeout(Duration::from_secs(60), nats.died()).await.unwrap();
    assert!(death.to_string().starts_with("NATS stopped running"), "{death}");
}

/// Not a test of its own: what the tests below start as another process, and kill.
#[tokio::test(flavor = "multi_thread")]
async fn helper_that_runs_until_it_is_killed() {
    let Some(folder) = std::env::var_os(HELPER).map(PathBuf::from) else {
        return;
    };
    let data = DataFolder::open(&folder).unwrap();
    let (postgres, _nats) = both(&data).await;
    sql(&postgres, "create table if not exists kept as select 42::bigint as answer").await;
    data.write_file("up.json", br#"{"api": "http://127.0.0.1:7777"}"#, 0o644).unwrap();
    std::future::pending::<()>().await;
}

fn start_helper(folder: &Path) -> Child {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_runs_until_it_is_killed"])
        .env(HELPER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the helper", || folder.join("up.json").exists());
    child
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_go_away_with_a_killed_parent() {
    let folder = reachable();
    let mut helper = start_helper(folder.path());
    assert!(working_below(folder.path()).len() > 2);

    // While it lives, the folder is refused, with the address of who has it.
    let refused = DataFolder::open(folder.path()).unwrap_err();
    assert!(matches!(refused, DataFolderError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("http://127.0.0.1:7777"), "{refused}");
    assert!(DataFolder::locate(folder.path()).is_ok());

    helper.kill().unwrap();
    helper.wait().unwrap();
    wait_until("the servers to end", || working_below(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_run_right_after_a_kill_has_servers_of_its_own() {
    let folder = reachable();
    let mut helper = start_helper(folder.path());
    let before = working_below(folder.path());
    // Held, so that they still stand when the next run begins.
    before.iter().for_each(|(pid, _)| send(*pid, Signal::STOP));
    helper.kill().unwrap();
    helper.wait().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    // A backend that was just ending is gone; the two servers are not.
    assert!(working_below(folder.path()).len() >= 2, "they still stand");
    before.iter().for_each(|(pid, _)| send(*pid, Signal::CONT));

    let (postgres, nats) = both(&data).await;
    assert_eq!(sql(&postgres, "select answer from kept").await, 42);
    let alive = working_below(folder.path());
    assert!(!before.iter().any(|(old, _)| alive.iter().any(|(pid, _)| old == pid)));
    postgres.stop().await;
    nats.stop().await;
    assert_eq!(working_below(folder.path()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_that_no_signal_reached_is_stopped_by_the_next_run() {
    let folder = reachable();
    let data = DataFolder::open(folder.path()).unwrap();
    let nats = PrivateNats::start(&data, &Search::from_environment()).await.unwrap();
    let (pid, _) = working_below(&data.nats())[0];
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    nats.stop().await;
    // Started without a parent-death signal, as the last run's would be on an odd system.
    let mut orphan = Command::new(program)
        .arg("-c")
        .arg(data.root().join("nats.conf"))
        .current_dir(data.nats())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the orphan", || working_below(&data.nats()).len() == 1);
    let nats = PrivateNats::start(&data, &Search::from_environment()).await.unwrap();
    assert!(orphan.try_wait().unwrap().is_some(), "the orphan still runs");
    assert_eq!(count_streams(&nats).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_postgres_cannot_reach_works_too() {
    // As /root is.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let path = folder.path().join("data");
    let mut elsewhere = PathBuf::new();
    for round in 0..2 {
        let data = DataFolder::open(&path).unwrap();
        let postgres = PrivatePostgres::start(&data, &Search::from_environment()).await.unwrap();
        if round == 0 {
            sql(&postgres, "create table kept as select 42::bigint as answer").await;
        }
        assert_eq!(sql(&postgres, "select answer from kept").await, 42);
        elsewhere = postgres.folder().to_owned();
        postgres.stop().await;
        assert_eq!(working_below(&elsewhere), []);
    }
    if !rustix::process::geteuid().is_root() {
        assert!(elsewhere.starts_with(path.canonicalize().unwrap()));
        return;
    }
    assert!(!elsewhere.starts_with(folder.path()));

    // Moved away from its record, it is not mistaken for the folder it was.
    let moved = folder.path().join("moved");
    fs::rename(&path, &moved).unwrap();
    let data = DataFolder::open(&moved).unwrap();
    let refused = PrivatePostgres::start(&data, &Search::from_environment()).await.err().unwrap();
    fs::remove_dir_all(elsewhere.parent().unwrap()).unwrap();
    assert!(refused.to_string().contains("moved or copied"), "{refused}");
}

#[test]
fn a_folder_of_another_version_or_another_owner_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(DataFolder::open(folder.path()).unwrap());
    drop(DataFolder::open(folder.path()).unwrap());
    fs::write(folder.path().join("VERSION"), "2\n").unwrap();
    for refused in [DataFolder::open(folder.path()), DataFolder::locate(folder.path())] {
        let words = refused.unwrap_err().to_string();
        assert!(words.contains("of Holdfast (format 2, this one knows 1)"), "{words}");
    }

    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("letter.txt"), "dear").unwrap();
    let refused = DataFolder::open(foreign.path()).unwrap_err();
    assert!(matches!(refused, DataFolderError::NotOurs { .. }), "{refused}");
    assert_eq!(fs::read_dir(foreign.path()).unwrap().count(), 1, "nothing was written into it");

    let absent = DataFolder::locate(&foreign.path().join("nothing")).unwrap_err();
    assert!(matches!(absent, DataFolderError::Absent { .. }), "{absent}");
}

#[test]
fn a_locked_folder_is_refused_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let words = DataFolder::open(folder.path()).unwrap_err().to_string();
    assert!(words.contains(&*data.root().to_string_lossy()) && words.contains("in use"), "{words}");
    drop(data);
    DataFolder::open(folder.path()).unwrap();
}
