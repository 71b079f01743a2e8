//! The private NATS: JetStream in the data folder.
//!
//! Its files are synchronised to the disk at NATS' own pace (every two minutes), on purpose: the
//! bus is lossy by design, and whoever misses something fills the gap from the log by position.

use std::path::Path;

use rustix::process::Signal;
use tokio::sync::watch;

use super::child::{Plan, ServerState, Supervised};
use super::find::Search;
use super::{PORTS, ServerError, free_port, is_passing, secret, strays};
use crate::data_folder::DataFolder;

const SERVER: &str = "NATS";
const USER: &str = "holdfast";
const CONFIG: &str = "nats.conf";

/// A nats-server of our own. Dropping it stops it, blocking until it is gone.
pub struct PrivateNats {
    url: String,
    server: Supervised,
}

impl PrivateNats {
    /// Stops what an earlier run left behind, starts the server and waits until JetStream answers.
    ///
    /// # Errors
    /// When nats-server is missing or too old, does not start, or its disk is full.
    pub async fn start(data: &DataFolder, search: &Search) -> Result<Self, ServerError> {
        if !data.is_locked() {
            return Err(ServerError::NotLocked(data.root().to_owned()));
        }
        let mut tries = 1;
        loop {
            match Self::start_once(data, search).await {
                Err(ServerError::NotStarted { words, .. })
                    if is_passing(&words) && tries < PORTS =>
                {
                    tracing::info!(words, "NATS did not start; trying again");
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn start_once(data: &DataFolder, search: &Search) -> Result<Self, ServerError> {
        let port = free_port()?;
        let password = secret::password(data, "nats.password")?;
        data.write_file(CONFIG, config(data, port, &password).as_bytes(), 0o600)?;
        let plan = Plan {
            server: SERVER,
            program: search.nats_server()?,
            arguments: vec!["-c".into(), data.root().join(CONFIG).into()],
            folder: data.nats(),
            setpriv: search.setpriv()?,
            user: None,
            stop_signal: Signal::TERM,
            death_signal: "TERM",
            log: data.logs().join("nats.log"),
        };
        let server = tokio::task::spawn_blocking(move || {
            strays::stop(SERVER, plan.program_name(), &plan.folder, plan.stop_signal)?;
            Supervised::launch(plan)
        })
        .await
        .map_err(|error| ServerError::NotStarted { server: SERVER, words: error.to_string() })??;

        let url = format!("nats://{USER}:{password}@127.0.0.1:{port}");
        server
            .until_ready(async || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                let client = connect(&url).await?;
                async_nats::jetstream::new(client.clone()).query_account().await?;
                client.drain().await?;
                Ok(())
            })
            .await?;
        Ok(Self { url, server })
    }

    /// Where it answers, with name and password: not for logs.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How it fares, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<ServerState> {
        self.server.state()
    }

    /// Resolves when it ended by itself and could not be restarted.
    pub async fn died(&self) -> ServerError {
        self.server.died().await
    }

    /// Stops it and waits until it is gone: politely for 20 s, then by force.
    pub async fn stop(self) {
        // Only fails when the runtime is going down, and then the drop has stopped the server.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

/// Connects with the name and password that the URL carries, if any; async-nats itself reads the
/// address from a URL and ignores the rest.
///
/// # Errors
/// As async-nats.
pub async fn connect(url: &str) -> Result<async_nats::Client, async_nats::ConnectError> {
    let address: async_nats::ServerAddr = url.parse().map_err(|error| {
        async_nats::ConnectError::with_source(async_nats::ConnectErrorKind::ServerParse, error)
    })?;
    let options = match (address.username(), address.password()) {
        (Some(user), password) => async_nats::ConnectOptions::with_user_and_password(
            user.to_owned(),
            password.unwrap_or_default().to_owned(),
        ),
        (None, _) => async_nats::ConnectOptions::new(),
    };
    options.connect(address).await
}

/// Passwords stay out of the command line, which everybody on the machine can read.
fn config(data: &DataFolder, port: u16, password: &str) -> String {
    format!(
        "# written by holdfast at every start\n\
         server_name: holdfast\n\
         listen: \"127.0.0.1:{port}\"\n\
         jetstream {{\n  store_dir: {}\n  max_memory_store: 67108864\n}}\n\
         authorization {{\n  user: {USER}\n  password: \"{password}\"\n}}\n",
        quoted(&data.nats())
    )
}

/// As a string of NATS' configuration language.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}
