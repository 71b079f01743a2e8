use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use event_store::embedded::EmbeddedStore;
use eventstore_wire::Tls;
use serde_json::{Map, Value, json};

use crate::cli::say;
use crate::data_folder::DataFolder;
use crate::services::{process, ready_file};
use crate::store::{Front, Users, install_tls_provider, open_engine, stopped};

/// How to serve.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The data folder, of which the log and the users' passwords are used.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2113")]
    listen: SocketAddr,
    /// No users, no passwords, no TLS: everybody on this machine may do everything.
    #[arg(long, conflicts_with_all = ["tls_certificate", "tls_key"])]
    insecure: bool,
    /// The server's certificate (and those up to the authority's), in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Where to write the connection strings, as JSON, once it is ready.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

pub(super) async fn run(options: Options) -> anyhow::Result<()> {
    process::start_logging();
    install_tls_provider();
    if options.insecure && !options.listen.ip().is_loopback() {
        bail!(
            "--insecure lets everybody in, so it only listens on this machine (127.0.0.1), not on {}; leave out --insecure, or listen on 127.0.0.1",
            options.listen
        );
    }
    // Before the log is touched. The server takes the address itself, a moment later.
    drop(process::listen(options.listen)?);
    let tls = tls(&options)?;
    let data = DataFolder::open_shared(&options.data)?;
    let users = (!options.insecure).then(|| Users::open(&data)).transpose()?;
    let store = open_engine(&data)?;
    let ended = serve(&options, &store, users.as_ref(), tls).await;
    store.shutdown().await;
    ended
}

async fn serve(
    options: &Options,
    store: &Arc<EmbeddedStore>,
    users: Option<&Users>,
    tls: Option<Tls>,
) -> anyhow::Result<()> {
    let mut stopping = Box::pin(process::stop_signal());
    let encrypted = tls.is_some();
    if users.is_some() && !encrypted && !options.listen.ip().is_loopback() {
        tracing::warn!("passwords travel in the clear: give --tls-certificate and --tls-key");
    }
    let front = Front::start(store.clone(), options.listen, users, tls)
        .await
        .with_context(|| format!("cannot serve on {}", options.listen))?;
    announce(options, front.address, users, encrypted)?;
    let ended = tokio::select! {
        () = &mut stopping => { tracing::info!("stopping"); Ok(()) }
        reason = stopped(store) => Err(reason),
        error = front.ended() => Err(error),
    };
    front.stop().await;
    ended
}

fn tls(options: &Options) -> anyhow::Result<Option<Tls>> {
    let (Some(certificate), Some(key)) = (&options.tls_certificate, &options.tls_key) else {
        return Ok(None);
    };
    let read = |file: &Path| {
        std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
    };
    Ok(Some(Tls { certificate_pem: read(certificate)?, key_pem: read(key)? }))
}

fn announce(
    options: &Options,
    address: SocketAddr,
    users: Option<&Users>,
    encrypted: bool,
) -> anyhow::Result<()> {
    let strings: Vec<(String, String)> = match users {
        Some(users) => users
            .connection_strings(address, encrypted)
            .map(|(name, url)| (name.to_owned(), url))
            .collect(),
        None => vec![("everybody".into(), format!("esdb://{address}?tls=false"))],
    };
    if let Some(file) = &options.ready_file {
        let users: Map<String, Value> =
            strings.iter().map(|(name, url)| (name.clone(), json!(url))).collect();
        let first = strings.first().map(|(_, url)| url);
        let ready = json!({
            "event_store": first,
            "address": address.to_string(),
            "connection_strings": users,
        });
        ready_file::write(file, &ready)?;
    }
    say(format_args!("the event store is ready at {address}; Ctrl-C stops it"));
    for (name, url) in &strings {
        say(format_args!("  {name:10} {url}"));
    }
    Ok(())
}
