use std::path::Path;

use read_models::flight::{FlightDocument, FlightFields};
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError};
use uuid::Uuid;

/// Above this the writer makes a segment by itself; one thread needs 15 MB at least.
const HEAP_BYTES: usize = 50_000_000;

/// How far an index has come in which log; stands in every commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub(super) log_id: Uuid,
    pub(super) position: u64,
}

/// An index that is being written. Blocking throughout.
pub(super) struct IndexFolder {
    fields: FlightFields,
    writer: IndexWriter<TantivyDocument>,
    pub(super) checkpoint: Option<Checkpoint>,
}

impl IndexFolder {
    /// Opens the index as its last commit left it, or an empty one.
    pub(super) fn open(folder: &Path) -> Result<Self, TantivyError> {
        std::fs::create_dir_all(folder)?;
        let fields = FlightFields::new();
        let index = Index::open_or_create(MmapDirectory::open(folder)?, fields.schema.clone())?;
        let payload = index.load_metas()?.payload;
        let checkpoint = payload.and_then(|payload| serde_json::from_str(&payload).ok());
        Ok(Self { fields, writer: index.writer_with_num_threads(1, HEAP_BYTES)?, checkpoint })
    }

    /// Adds a flight. The index holds exactly what its checkpoint says, so a stream's first event
    /// has nothing to replace.
    pub(super) fn put(&self, flight: &FlightDocument, replaces: bool) -> Result<(), TantivyError> {
        if replaces {
            self.writer.delete_term(self.fields.key(flight.offering_id));
        }
        self.writer.add_document(self.fields.document(flight))?;
        Ok(())
    }

    /// Makes everything durable and visible, together with how far it goes.
    pub(super) fn commit(&mut self, checkpoint: Checkpoint) -> Result<(), TantivyError> {
        let payload = serde_json::to_string(&checkpoint).unwrap_or_default();
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        self.checkpoint = Some(checkpoint);
        Ok(())
    }
}

/// What the last commit holds; later commits do not change it.
pub(crate) fn searcher(folder: &Path) -> Result<Searcher, TantivyError> {
    let index = Index::open_in_dir(folder)?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    Ok(reader.searcher())
}
