use std::collections::{BTreeMap, BTreeSet};

use read_models::Projection;
use read_models::flight::FlightFields;
use sqlx::{AssertSqlSafe, Postgres, Row, Transaction};
use tantivy::{Searcher, TantivyDocument};

use crate::environment::Environment;
use crate::error::ProjectionsError;
use crate::flight_search::searcher;
use crate::status::VerifyOutcome;

/// Keys that are named; all differences are counted.
const EXAMPLES: usize = 10;

/// Two generations, as they both stood at one position. What is written afterwards is not seen,
/// so they can be compared at leisure.
pub(crate) enum Snapshot {
    Tables {
        transaction: Transaction<'static, Postgres>,
        projection: Projection,
        live: i32,
        shadow: i32,
    },
    Documents {
        live: Searcher,
        shadow: Searcher,
    },
}

impl Snapshot {
    /// Opened while both generations are held still.
    pub(crate) async fn open(
        environment: &Environment,
        projection: Projection,
        live: i32,
        shadow: i32,
    ) -> Result<Self, ProjectionsError> {
        if projection == Projection::FlightSearch {
            let folder = |number| projection.folder(&environment.index_folder, number);
            return Ok(Self::Documents {
                live: searcher(&folder(live))?,
                shadow: searcher(&folder(shadow))?,
            });
        }
        let mut transaction =
            environment.pool.begin_with("begin isolation level repeatable read read only").await?;
        // Only the first statement takes the snapshot.
        sqlx::query("select 1 from holdfast.epoch").execute(&mut *transaction).await?;
        Ok(Self::Tables { transaction, projection, live, shadow })
    }

    /// Compares every row and every column.
    pub(crate) async fn compare(self, position: u64) -> Result<VerifyOutcome, ProjectionsError> {
        let mut outcome =
            VerifyOutcome { position, rows_compared: 0, differing_rows: 0, examples: vec![] };
        match self {
            Self::Tables { mut transaction, projection, live, shadow } => {
                for (table, key) in keys(projection) {
                    let sql = tables_sql(
                        &format!("{}.{table}", projection.schema(live)),
                        &format!("{}.{table}", projection.schema(shadow)),
                        key,
                    );
                    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *transaction).await?;
                    outcome.rows_compared += count(row.try_get("compared")?);
                    outcome.differing_rows += count(row.try_get("differing")?);
                    let examples: Vec<String> = row.try_get("examples")?;
                    outcome.examples.extend(examples.iter().map(|key| format!("{table} {key}")));
                }
            }
            Self::Documents { live, shadow } => {
                let compared = tokio::task::spawn_blocking(move || documents(&live, &shadow))
                    .await
                    .map_err(|error| ProjectionsError::Stopped(error.to_string()))??;
                outcome.rows_compared = compared.0;
                outcome.differing_rows = count(i64::try_from(compared.1.len()).unwrap_or(i64::MAX));
                let examples = compared.1.iter().take(EXAMPLES);
                outcome.examples = examples.map(|key| format!("flight {key}")).collect();
            }
        }
        outcome.examples.truncate(EXAMPLES);
        Ok(outcome)
    }
}

/// The tables of a read model, and what names a row of each.
fn keys(projection: Projection) -> &'static [(&'static str, &'static str)] {
    match projection {
        Projection::BookingDetails => &[("booking", "booking_id::text")],
        Projection::SeatMap => &[
            ("layout", "layout_id"),
            ("offering", "offering_id::text"),
            ("seat", "offering_id || ' ' || seat"),
        ],
        Projection::FlightSearch => &[],
    }
}

fn tables_sql(live: &str, shadow: &str, key: &str) -> String {
    format!(
        "with only_live as (select * from {live} except select * from {shadow}),
              only_shadow as (select * from {shadow} except select * from {live}),
              differing as (select {key} as key from only_live
                            union select {key} as key from only_shadow)
         select (select count(*) from {shadow}) as compared,
                (select count(*) from differing) as differing,
                array(select key from differing order by key limit {EXAMPLES}) as examples"
    )
}

/// How many documents there are, and which of them differ.
fn documents(
    live: &Searcher,
    shadow: &Searcher,
) -> Result<(u64, BTreeSet<String>), tantivy::TantivyError> {
    let mut differing = BTreeSet::new();
    let mut unmatched: BTreeMap<String, String> = BTreeMap::new();
    each(live, |id, stored| {
        // Two documents of one flight are a difference of their own.
        if unmatched.insert(id.clone(), stored).is_some() {
            differing.insert(id);
        }
    })?;
    let mut compared = 0_u64;
    each(shadow, |id, stored| {
        compared += 1;
        if unmatched.remove(&id) != Some(stored) {
            differing.insert(id);
        }
    })?;
    differing.extend(unmatched.into_keys());
    Ok((compared, differing))
}

fn each(
    searcher: &Searcher,
    mut visit: impl FnMut(String, String),
) -> Result<(), tantivy::TantivyError> {
    let fields = FlightFields::new();
    for segment in searcher.segment_readers() {
        let store = segment.get_store_reader(2)?;
        for document in store.iter::<TantivyDocument>(segment.alive_bitset()) {
            let document = document?;
            let id = fields.id(&document).unwrap_or_default().to_owned();
            let stored = fields.stored(&document).unwrap_or_default().to_owned();
            visit(id, stored);
        }
    }
    Ok(())
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
