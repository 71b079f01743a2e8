use std::path::PathBuf;

use comfy_table::{Table, presets};
use event_store::embedded::maintenance::{Stats, stats};
use serde_json::json;

use crate::cli::say;
use crate::data_folder::DataFolder;

/// Of what, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The data folder; it may be in use by a running system.
    #[arg(long, value_name = "DIR", env = "HOLDFAST_DATA", default_value = ".holdfast")]
    data: PathBuf,
    /// JSON instead of a table.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: Options) -> anyhow::Result<()> {
    let folder = DataFolder::locate(&options.data)?.event_store();
    let stats = tokio::task::spawn_blocking(move || stats(&folder)).await??;
    if options.json {
        print_json(&stats);
    } else {
        print(&stats);
    }
    Ok(())
}

fn print_json(stats: &Stats) {
    say(json!({
        "log_id": stats.log_id,
        "format": stats.format,
        "head": stats.head,
        "streams": stats.streams,
        "events_by_category": stats.events_by_category,
        "file_bytes": stats.file_bytes,
        "wal_bytes": stats.wal_bytes,
        "bytes_per_event": stats.bytes_per_event,
        "scavenged_events": stats.scavenged_events,
    }));
}

fn print(stats: &Stats) {
    say(format_args!("log {}, format {}", stats.log_id, stats.format));
    say(format_args!(
        "{} events in {} streams; {} are scavenged",
        stats.head, stats.streams, stats.scavenged_events
    ));
    say(format_args!(
        "{} bytes, and {} of write-ahead log; {} bytes an event",
        stats.file_bytes, stats.wal_bytes, stats.bytes_per_event
    ));
    if stats.events_by_category.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["category", "events"]);
    for (category, events) in &stats.events_by_category {
        table.add_row([category.clone(), events.to_string()]);
    }
    say(table);
}
