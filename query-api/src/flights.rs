use std::path::PathBuf;

use chrono::NaiveDate;
use problem::Problem;
use read_models::flight::{FlightDocument, FlightFields};
use read_models::{LiveGeneration, Projection};
use tantivy::collector::DocSetCollector;
use tantivy::query::{BooleanQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::failure::blocking;

/// No route has as many flights on one day.
const MOST_FOUND: usize = 10_000;

/// The flight index, read as far as it is committed.
pub(crate) struct Flights {
    folder: PathBuf,
    open: Mutex<Option<Open>>,
}

struct Open {
    generation: i32,
    checkpoint: i64,
    reader: IndexReader,
}

impl Flights {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, open: Mutex::new(None) }
    }

    /// Every flight of a route on a local date of departure, in no order.
    pub(crate) async fn on_route(
        &self,
        live: LiveGeneration,
        origin: &str,
        destination: &str,
        date: NaiveDate,
    ) -> Result<Vec<FlightDocument>, Problem> {
        let searcher = self.searcher(live).await?;
        let terms = FlightFields::new().route(origin, destination, date);
        blocking(move || found(&searcher, terms.into())).await
    }

    /// One flight.
    pub(crate) async fn one(
        &self,
        live: LiveGeneration,
        offering_id: Uuid,
    ) -> Result<Option<FlightDocument>, Problem> {
        let searcher = self.searcher(live).await?;
        let key = FlightFields::new().key(offering_id);
        blocking(move || Ok(found(&searcher, vec![key])?.pop())).await
    }

    /// The index at least as far as the generation says. A newer one than a request knows of holds
    /// more, never less.
    async fn searcher(&self, live: LiveGeneration) -> Result<Searcher, Problem> {
        let mut open = self.open.lock().await;
        let before = open
            .take_if(|open| (open.generation, open.checkpoint) < (live.number, live.checkpoint));
        let reader = match (&*open, before) {
            (Some(open), _) => return Ok(open.reader.searcher()),
            (None, Some(before)) if before.generation == live.number => {
                blocking(move || {
                    before.reader.reload().map_err(unreadable)?;
                    Ok(before.reader)
                })
                .await?
            }
            _ => {
                let folder = Projection::FlightSearch.folder(&self.folder, live.number);
                blocking(move || {
                    let index = Index::open_in_dir(folder).map_err(unreadable)?;
                    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
                    reader.try_into().map_err(unreadable)
                })
                .await?
            }
        };
        let searcher = reader.searcher();
        let (generation, checkpoint) = (live.number, live.checkpoint);
        *open = Some(Open { generation, checkpoint, reader });
        Ok(searcher)
    }
}

fn found(searcher: &Searcher, terms: Vec<Term>) -> Result<Vec<FlightDocument>, Problem> {
    let fields = FlightFields::new();
    let parts = terms
        .into_iter()
        .map(|term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) });
    let query = BooleanQuery::intersection(parts.collect());
    let addresses = searcher.search(&query, &DocSetCollector).map_err(unreadable)?;
    addresses
        .into_iter()
        .take(MOST_FOUND)
        .map(|address| {
            let document: TantivyDocument = searcher.doc(address).map_err(unreadable)?;
            fields.flight(&document).map_err(|error| Problem::internal(&error))
        })
        .collect()
}

fn unreadable(error: TantivyError) -> Problem {
    tracing::warn!(%error, "the flight index cannot be read");
    Problem::unavailable("the flight index cannot be read")
}
