//! A throwaway Postgres: started for the first test of this process that asks, stopped and
//! deleted after the last one that holds it. A database a test.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, PgPool};

static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

pub(crate) struct Server {
    port: u16,
    child: Mutex<Child>,
    /// Tells the thread that started it that it may end.
    _keeper: mpsc::Sender<()>,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn get() -> Arc<Self> {
        let mut running = RUNNING.lock().unwrap();
        running.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start());
            *running = Arc::downgrade(&server);
            server
        })
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let bin = binaries();
        if is_root() {
            run(Command::new("chown").arg("postgres:postgres").arg(folder.path()));
        }
        let mut initdb = as_postgres(&bin.join("initdb"));
        initdb.args(["--auth=trust", "--username=postgres", "--locale=C", "--encoding=UTF8"]);
        run(initdb.arg("--no-sync").arg("-D").arg(&data).current_dir(folder.path()));

        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = as_postgres(&bin.join("postgres"));
        command.arg("-D").arg(&data).current_dir(folder.path());
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"] {
            command.args(["-c", setting]);
        }
        command.arg("-p").arg(port.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        // The death signal comes with the end of the thread that made the child.
        let (keeper, end) = mpsc::channel();
        let (started, child) = mpsc::channel();
        std::thread::spawn(move || {
            started.send(command.spawn().unwrap()).unwrap();
            let _ = end.recv();
        });
        let child = Mutex::new(child.recv().unwrap());
        Self { port, child, _keeper: keeper, _folder: folder }
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new().host("127.0.0.1").port(self.port).username("postgres")
    }

    pub(crate) async fn database(&self) -> PgPool {
        let mut connection = loop {
            match self.options().database("postgres").connect().await {
                Ok(connection) => break connection,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        sqlx::query(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let options = PgPoolOptions::new().max_connections(12);
        options.connect_with(self.options().database(&name)).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap();
        run(Command::new("kill").arg("-INT").arg(child.id().to_string()));
        child.wait().unwrap();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "INT"]);
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .unwrap()
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|bin| bin.join("postgres").exists())
        .collect();
    found.sort();
    found.pop().unwrap()
}
