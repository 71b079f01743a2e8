//! The private Postgres: one cluster, one superuser, one database, all called `holdfast`.
//!
//! Read models live here. They can be built anew from the log, but a commit is still a commit:
//! `fsync` stays on.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{Connection, PgConnection};
use tokio::sync::watch;

use super::child::{Plan, ServerState, Supervised};
use super::cluster::Cluster;
use super::find::Search;
use super::{PORTS, ServerError, free_port, is_passing, secret, strays};
use crate::data_folder::DataFolder;

pub(super) const SERVER: &str = "Postgres";
/// Superuser and database.
pub(super) const NAME: &str = "holdfast";

/// A Postgres of our own. Dropping it stops it, blocking until it is gone.
pub struct PrivatePostgres {
    url: String,
    folder: PathBuf,
    server: Supervised,
}

impl PrivatePostgres {
    /// Stops what an earlier run left behind, makes the cluster on first use, starts the server
    /// and waits until it answers and has its database.
    ///
    /// # Errors
    /// When Postgres is missing, does not start, cannot run as this user, or its disk is full.
    pub async fn start(data: &DataFolder, search: &Search) -> Result<Self, ServerError> {
        if !data.is_locked() {
            return Err(ServerError::NotLocked(data.root().to_owned()));
        }
        let password = secret::password(data, "postgres.password")?;
        let cluster = {
            let (root, postgres) = (data.root().to_owned(), data.postgres());
            let (search, password) = (search.clone(), password.clone());
            blocking(move || {
                let cluster = Cluster::choose(&root, &postgres, &search)?;
                cluster.prepare(&password)?;
                Ok(cluster)
            })
            .await?
        };
        let mut tries = 1;
        loop {
            match Self::start_once(data, &cluster, &password).await {
                Err(ServerError::NotStarted { words, .. })
                    if is_passing(&words) && tries < PORTS =>
                {
                    tracing::info!(words, "Postgres did not start; trying again");
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    async fn start_once(
        data: &DataFolder,
        cluster: &Cluster,
        password: &str,
    ) -> Result<Self, ServerError> {
        let port = free_port()?;
        let plan = Plan {
            server: SERVER,
            program: cluster.bin.join("postgres"),
            arguments: settings(cluster, port),
            folder: cluster.folder.clone(),
            setpriv: cluster.setpriv.clone(),
            user: cluster.user,
            // A fast shutdown: open transactions are rolled back.
            stop_signal: Signal::INT,
            death_signal: "INT",
            log: data.logs().join("postgres.log"),
        };
        let server = blocking(move || {
            strays::stop(SERVER, plan.program_name(), &plan.folder, plan.stop_signal)?;
            Supervised::launch(plan)
        })
        .await?;
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(NAME)
            .password(password)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable);
        let connection =
            server.until_ready(async || PgConnection::connect_with(&options).await).await?;
        create_database(connection).await?;
        let url = format!("postgres://{NAME}:{password}@127.0.0.1:{port}/{NAME}");
        Ok(Self { url, folder: cluster.folder.clone(), server })
    }

    /// Where it answers, with name and password: not for logs.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its files are: in the data folder, or elsewhere when its user cannot get in there.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
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

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServerError> + Send + 'static,
) -> Result<T, ServerError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ServerError::NotStarted { server: SERVER, words: error.to_string() })?
}

fn settings(cluster: &Cluster, port: u16) -> Vec<std::ffi::OsString> {
    let mut arguments = vec!["-D".into(), cluster.folder.clone().into()];
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=64",
        "shared_buffers=64MB",
        "timezone=UTC",
        "log_timezone=UTC",
        "logging_collector=off",
        "log_checkpoints=off",
        // A statement's failure is answered to its sender, who logs it where it is handled.
        "log_min_messages=fatal",
        "log_min_error_statement=panic",
    ] {
        arguments.extend(["-c".into(), setting.into()]);
    }
    arguments.extend(["-c".into(), format!("port={port}").into()]);
    arguments
}

async fn create_database(mut connection: PgConnection) -> Result<(), ServerError> {
    let found: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
            .bind(NAME)
            .fetch_one(&mut connection)
            .await?;
    if !found {
        sqlx::query("create database holdfast").execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}
