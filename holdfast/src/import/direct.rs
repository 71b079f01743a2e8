use std::sync::Arc;

use aggregates::{Aggregates, Context, ExecuteError, Limits, derive_id};
use anyhow::anyhow;
use command_api::{ScheduleError, Scheduled, schedule_flight};
use event_store::embedded::EmbeddedStore;
use eventstore_schema::Actor;
use futures_util::StreamExt;
use uuid::Uuid;

use super::{Became, Flight};
use crate::clock;
use crate::data_folder::DataFolder;
use crate::store::open_engine;

/// The log itself: of a data folder that nobody uses, or of the system this runs in.
pub(crate) struct Direct {
    aggregates: Arc<Aggregates>,
    /// A run of its own: no event of another run has its ids.
    run: Uuid,
    own: Option<(Arc<EmbeddedStore>, DataFolder)>,
}

impl Direct {
    /// Opens the log of a data folder that nobody uses.
    pub(crate) fn open(data: DataFolder) -> anyhow::Result<Self> {
        let store = open_engine(&data)?;
        let aggregates = Arc::new(Aggregates::new(store.clone(), Limits::default()));
        Ok(Self { aggregates, run: clock::new_id(), own: Some((store, data)) })
    }

    /// The log of the system this runs in.
    pub(crate) fn within(aggregates: Arc<Aggregates>) -> Self {
        Self { aggregates, run: clock::new_id(), own: None }
    }

    pub(crate) async fn close(&self) {
        if let Some((store, _data)) = &self.own {
            store.shutdown().await;
        }
    }

    pub(super) async fn schedule(&self, batch: &[Flight]) -> anyhow::Result<(Vec<Became>, u64)> {
        let outcomes: Vec<_> = futures_util::stream::iter(batch)
            .map(|(line, request)| {
                let context = self.context(*line);
                async move { schedule_flight(&self.aggregates, request, &context).await }
            })
            .buffered(batch.len())
            .collect()
            .await;
        let reached = outcomes.iter().flatten().map(Scheduled::position).max().unwrap_or_default();
        let became = outcomes.into_iter().map(became).collect::<anyhow::Result<_>>()?;
        Ok((became, reached))
    }

    fn context(&self, line: u64) -> Context {
        Context {
            command_id: derive_id(self.run, &format!("line {line}")),
            correlation_id: self.run,
            causation_id: self.run,
            actor: Actor { role: "seller".into(), subject: "import".into() },
            request_fingerprint: None,
            at: clock::now(),
        }
    }
}

fn became(outcome: Result<Scheduled, ScheduleError>) -> anyhow::Result<Became> {
    let rejected =
        |field: &str, reason: String| Ok(Became::Rejected { field: field.to_owned(), reason });
    match outcome {
        Ok(scheduled) if scheduled.is_new() => Ok(Became::New),
        Ok(_) => Ok(Became::Unchanged),
        Err(ScheduleError::Invalid(invalid)) => rejected(invalid.field, invalid.reason),
        Err(ScheduleError::Flight(error)) => match *error {
            ExecuteError::Rejected(rejection) => rejected("flight", format!("{rejection:?}")),
            other => Err(anyhow!(other)),
        },
        Err(ScheduleError::Seats(_, error)) => match *error {
            ExecuteError::Rejected(rejection) => rejected("seats", format!("{rejection:?}")),
            other => Err(anyhow!(other)),
        },
    }
}
