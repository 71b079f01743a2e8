use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use ::holdfast::data_folder::DataFolder;
use ::holdfast::servers::{PrivateNats, PrivatePostgres, Search};
use chrono::{Days, NaiveDate};
use contract::proxy::Proxy;
use scenarios::{Client, Service, TimetableFile, holdfast, new_key};
use tempfile::TempDir;
use tokio::task::block_in_place;

/// Where each service is among [`Machine::services`].
pub(crate) const EVENT_STORE: usize = 0;
pub(crate) const PROJECTIONS: usize = 1;
pub(crate) const PROCESSES: usize = 2;
pub(crate) const QUERY_API: usize = 3;
pub(crate) const COMMAND_APIS: [usize; 2] = [4, 5];

/// One machine on which every service is a process of its own, a proxy between each of them and
/// the event store. Dropping it ends all of them.
pub(crate) struct Machine {
    /// Ended in the order in which they stand, and before everything below.
    pub(crate) services: Vec<Service>,
    addresses: Vec<SocketAddr>,
    pub(crate) proxy: Proxy,
    pub(crate) auditors_url: String,
    pub(crate) first_date: NaiveDate,
    _postgres: PrivatePostgres,
    _nats: PrivateNats,
    _servers: DataFolder,
    folder: TempDir,
}

impl Machine {
    /// Everything runs and is ready; flights of some days can be bought.
    pub(crate) async fn start(flights: &TimetableFile, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Postgres runs as another user when this is root.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let servers = DataFolder::open(&folder.path().join("servers")).unwrap();
        let search = Search::from_environment();
        let postgres = PrivatePostgres::start(&servers, &search).await.unwrap();
        let nats = PrivateNats::start(&servers, &search).await.unwrap();

        let data = folder.path().join("data").to_str().unwrap().to_owned();
        let (weeks, first_date) = ahead();
        let (file, weeks) = (flights.path().to_str().unwrap(), weeks.to_string());
        let import = ["import", "flights", file, "--shift-weeks", &weeks, "--data", &data];
        let imported = block_in_place(|| holdfast(&import));
        assert!(imported.status.success(), "{imported:?}");

        let addresses = free_addresses(6);
        let place = ["--data".to_owned(), data.clone()];
        let listen = |at: usize| ["--listen".to_owned(), addresses[at].to_string()];
        let of_store = ["eventstore".into(), "serve".into()].into_iter();
        let of_store = of_store.chain(place.clone()).chain(listen(EVENT_STORE)).collect();
        let mut store = Service::new("event-store", "holdfast", of_store, folder.path());
        store.start();
        let ready = block_in_place(|| store.wait_until_ready());
        let url = |name: &str| ready["connection_strings"][name].as_str().unwrap().to_owned();
        let proxy = Proxy::start(addresses[EVENT_STORE], seed).await.unwrap();
        let (direct, lossy) = (addresses[EVENT_STORE].to_string(), proxy.address().to_string());
        let through_proxy = url("service").replace(&direct, &lossy);

        let arguments = |at: usize| {
            let further = [
                ("--event-store", through_proxy.as_str()),
                ("--database-url", postgres.url()),
                ("--nats-url", nats.url()),
            ];
            let further = further.map(|(name, value)| [name.to_owned(), value.to_owned()]);
            place.clone().into_iter().chain(listen(at)).chain(further.concat()).collect()
        };
        let mut services = vec![store];
        for (at, name, program) in [
            (PROJECTIONS, "projections", "projections"),
            (PROCESSES, "processes", "processes"),
            (QUERY_API, "query-api", "query-api"),
            (COMMAND_APIS[0], "command-api-1", "command-api"),
            (COMMAND_APIS[1], "command-api-2", "command-api"),
        ] {
            let mut service = Service::new(name, program, arguments(at), folder.path());
            service.start();
            services.push(service);
        }
        for service in &mut services[1..] {
            block_in_place(|| service.wait_until_ready());
        }
        Self {
            services,
            addresses,
            proxy,
            auditors_url: url("auditor"),
            first_date,
            _postgres: postgres,
            _nats: nats,
            _servers: servers,
            folder,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn api(&self, service: usize) -> String {
        format!("http://{}", self.addresses[service])
    }

    /// Asks one of the services as a travel agent.
    pub(crate) fn client(&self, service: usize) -> Client {
        let token = self.holdfast(&["token", "travel-agent"]);
        let token = String::from_utf8(token.stdout).unwrap();
        Client::new(&self.api(service), Some(token.trim()))
    }

    /// Runs a subcommand on the data folder.
    pub(crate) fn holdfast(&self, arguments: &[&str]) -> Output {
        let data = self.data();
        holdfast(&[arguments, &["--data", data.to_str().unwrap()]].concat())
    }

    /// Starts again what has ended by itself, as a supervisor does.
    pub(crate) fn revive(&mut self) {
        for service in &mut self.services {
            if let Some(ended) = service.has_ended() {
                println!("{} ended with {ended}", service.name);
                service.start();
            }
        }
    }
}

/// Weeks from the timetable's January to the next month from now, and the first date there.
#[allow(clippy::disallowed_methods, reason = "flights are bought ahead of today")]
fn ahead() -> (u64, NaiveDate) {
    let first = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
    let days = (chrono::Utc::now().date_naive() - first).num_days() + 30;
    let weeks = u64::try_from(days).unwrap().div_ceil(7);
    (weeks, first + Days::new(weeks * 7))
}

/// Addresses that nobody listens on, and that no connection going out is given: who is killed must
/// find its own free again. Those begin at 32768.
fn free_addresses(count: usize) -> Vec<SocketAddr> {
    let mut all: Vec<TcpListener> = vec![];
    while all.len() < count {
        let drawn = u16::from_str_radix(&new_key()[..4], 16).unwrap();
        let port = 10_000 + drawn % 22_000;
        all.extend(TcpListener::bind(("127.0.0.1", port)));
    }
    all.iter().map(|one| one.local_addr().unwrap()).collect()
}
