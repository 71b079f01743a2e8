//! Taking commands over HTTP.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use aggregates::Aggregates;
use key_store::KeyStore;

use super::health::StoreAnswers;
use super::http::Door;
use super::program::{self, Host, Options, Program, Running};
use crate::clock;
use crate::data_folder::DataFolder;
use crate::secrets::Secrets;

/// Takes commands over HTTP, as a process of its own. As many may run as are wanted.
#[derive(clap::Parser)]
#[command(name = "command-api", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// How long a new hold lasts, in seconds.
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=3600))]
    hold_ttl_seconds: u32,
}

const PROGRAM: Program = Program { name: "command-api", port: 8081, alone: false };

/// The program `command-api`.
pub fn main() -> ExitCode {
    program::main(&PROGRAM, |cli: Cli| {
        (cli.options, async move |host: Host| {
            let aggregates = Arc::new(Aggregates::new(host.store.clone(), Default::default()));
            let keys = open_keys(&host.data)?;
            let door = door(&aggregates, &keys, &host.secrets, cli.hold_ttl_seconds);
            Ok(Running::new(vec![door], vec![Arc::new(StoreAnswers(host.store.clone()))]))
        })
    })
}

/// Persons' keys, of which there is one file for all who seal and open.
pub(crate) fn open_keys(data: &DataFolder) -> anyhow::Result<Arc<KeyStore>> {
    let _setup = data.setup()?;
    Ok(Arc::new(KeyStore::open(&data.keys().join("persons.sqlite"))?))
}

/// The routes that take commands.
pub(crate) fn door(
    aggregates: &Arc<Aggregates>,
    keys: &Arc<KeyStore>,
    secrets: &Secrets,
    hold_ttl_seconds: u32,
) -> Door {
    let commands = Data::new(command_api::Commands {
        aggregates: aggregates.clone(),
        keys: keys.clone(),
        clock: clock::now,
        settings: command_api::Settings {
            hold_ttl: Duration::from_secs(hold_ttl_seconds.into()),
            fingerprint_key: secrets.fingerprints,
        },
    });
    Door::new(command_api::ROUTES, move |config| {
        config.app_data(commands.clone()).configure(command_api::routes);
    })
}
