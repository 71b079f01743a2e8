use crate::data_folder::DataFolder;
use crate::servers::{PrivateNats, PrivatePostgres, Search};

use super::Options;

/// Postgres and NATS: those that were given, or private ones.
pub(super) struct Servers {
    pub(super) database_url: String,
    pub(super) nats_url: String,
    postgres: Option<PrivatePostgres>,
    nats: Option<PrivateNats>,
}

impl Servers {
    pub(super) async fn start(options: &Options, data: &DataFolder) -> anyhow::Result<Self> {
        let search = Search::from_environment();
        let postgres = async {
            match &options.database_url {
                Some(url) => Ok((url.clone(), None)),
                None => {
                    let postgres = PrivatePostgres::start(data, &search).await?;
                    anyhow::Ok((postgres.url().to_owned(), Some(postgres)))
                }
            }
        };
        let nats = async {
            match &options.nats_url {
                Some(url) => Ok((url.clone(), None)),
                None => {
                    let nats = PrivateNats::start(data, &search).await?;
                    anyhow::Ok((nats.url().to_owned(), Some(nats)))
                }
            }
        };
        let ((database_url, postgres), (nats_url, nats)) = tokio::try_join!(postgres, nats)?;
        Ok(Self { database_url, nats_url, postgres, nats })
    }

    pub(super) async fn died(&self) -> anyhow::Error {
        let postgres = async {
            match &self.postgres {
                Some(postgres) => postgres.died().await,
                None => std::future::pending().await,
            }
        };
        let nats = async {
            match &self.nats {
                Some(nats) => nats.died().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = postgres => anyhow::Error::new(error),
            error = nats => anyhow::Error::new(error),
        }
    }

    pub(super) async fn stop(self) {
        if let Some(nats) = self.nats {
            nats.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}
