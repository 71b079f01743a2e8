//! Drives a Holdfast event store with a Rust client: `HOLDFAST_URL`, or the users' URLs.

mod appends;
mod harness;
mod persistent;
mod reads;
mod sizes;
mod streams;
mod subscriptions;
mod users;

use std::process::ExitCode;

use anyhow::Result;

use crate::db::{self, Client};
use harness::{append, events, name, read, refused, run, same};

async fn connects_by_discovery(client: Client) -> Result<String> {
    let url = std::env::var("HOLDFAST_URL")?.replacen("esdb://", "esdb+discover://", 1);
    let by_discovery = db::connect(&url)?;
    let stream = name("discovered");
    append(&by_discovery, &stream, db::Expected::NoStream, events(1)).await?;
    same("events", read(&client, &stream).await?.len(), 1)
}

/// A stream of one event that is in no log: whoever copies a log can tell it from its copy.
async fn log_says_which_it_is(client: Client) -> Result<String> {
    let came = read(&client, "holdfast-log").await?;
    same("events", came.len(), 1)?;
    let only = came[0].get_original_event();
    same("type", (only.event_type.as_str(), only.revision), ("holdfast.log_created.v1", 0))?;
    let data: serde_json::Value = only.as_json()?;
    same("its id", data, serde_json::json!({"log_id": only.id.to_string()}))?;
    let came = append(&client, "holdfast-log", db::Expected::Any, events(1)).await;
    refused("append", came, |error| matches!(error, db::Error::AccessDenied))
}

pub async fn main() -> ExitCode {
    match every().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn every() -> Result<()> {
    if std::env::var_os("HOLDFAST_URL_AUDITOR").is_some() {
        run!(
            (),
            users::service_appends_and_reads,
            users::auditor_reads_and_cannot_append,
            users::no_credentials_are_refused,
            users::wrong_password_is_refused,
        );
        return Ok(());
    }
    let client = db::connect(&std::env::var("HOLDFAST_URL")?)?;
    run!(
        client,
        connects_by_discovery,
        log_says_which_it_is,
        appends::append_any,
        appends::append_no_stream,
        appends::append_stream_exists,
        appends::append_exact_revision,
        appends::wrong_version_says_expected_and_actual,
        appends::repeated_append_is_one_append,
        appends::several_events_are_one_append,
        appends::json_and_binary_come_back_as_sent,
        reads::read_stream_forwards,
        reads::read_stream_backwards,
        reads::read_stream_from_revision_with_limit,
        reads::read_missing_stream,
        reads::read_all_forwards,
        reads::read_all_backwards,
        reads::read_all_by_stream_prefix,
        reads::read_all_by_stream_regex,
        reads::read_all_by_type_prefix,
        reads::read_all_by_type_regex,
        subscriptions::subscribe_to_stream,
        subscriptions::subscribe_to_stream_after_revision,
        subscriptions::subscribe_to_all,
        subscriptions::subscribe_to_all_after_position,
        subscriptions::subscribe_to_all_by_filter,
        subscriptions::filtered_subscription_sends_checkpoints,
        subscriptions::subscription_says_caught_up,
        persistent::persistent_create_info_list,
        persistent::persistent_update,
        persistent::persistent_ack,
        persistent::persistent_retry,
        persistent::persistent_park_and_replay,
        persistent::persistent_delete,
        persistent::persistent_to_all,
        streams::stream_metadata,
        streams::stream_metadata_expected_version,
        streams::max_count_hides_older_events,
        streams::soft_delete_and_recreate,
        streams::delete_with_wrong_version,
        streams::tombstone,
        sizes::one_and_ten_mebibytes,
        sizes::seventeen_mebibytes_are_refused,
        sizes::many_small_appends,
    );
    Ok(())
}
