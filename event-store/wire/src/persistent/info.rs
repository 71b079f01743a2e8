//! What a group tells about itself, as the protocol says it.

use event_store::{EventStore, ReadError};
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use super::connection::ConnectionReport;
use super::entry::Entry;
use super::failure;
use super::storage::place_text;
use super::task::{Command, Report};
use crate::exception;
use crate::protocol::persistent_subscriptions::SubscriptionInfo;
use crate::protocol::persistent_subscriptions::subscription_info::{ConnectionInfo, Measurement};

/// Asks the group, and the store for what the group does not know.
pub(super) async fn ask(
    store: &dyn EventStore,
    entry: &Entry,
    commands: &mpsc::Sender<Command>,
) -> Result<SubscriptionInfo, Status> {
    let (reply, answer) = oneshot::channel();
    let gone = || failure::does_not_exist(&entry.name);
    commands.send(Command::Report(reply)).await.map_err(|_| gone())?;
    let read = |error: ReadError| exception::of_read(&error, None);
    let report = answer.await.map_err(|_| gone())?.map_err(read)?;
    let wanted = entry.wanted().map_err(exception::invalid)?;
    let last_known = match wanted.end(store).await {
        Ok(place) => place,
        Err(ReadError::StreamNotFound | ReadError::StreamDeleted) => None,
        Err(error) => return Err(read(error)),
    };
    let parked = report
        .parked
        .map_or(0, |(first, last)| (last + 1).saturating_sub(first.max(report.replayed_before)));
    Ok(info(entry, &report, last_known, parked))
}

fn info(entry: &Entry, report: &Report, last_known: Option<u64>, parked: u64) -> SubscriptionInfo {
    let Entry { name, settings, start_from, .. } = entry;
    let Report { is_live, load, count, connections, .. } = report;
    let place = |place: Option<u64>| {
        place.map(|place| place_text(place, name.is_to_all())).unwrap_or_default()
    };
    SubscriptionInfo {
        event_source: name.source.clone(),
        group_name: name.group.clone(),
        status: if *is_live { "Live" } else { "Behind" }.to_owned(),
        connections: connections.iter().map(connection).collect(),
        average_per_second: small(count.per_second),
        total_items: large(count.total),
        count_since_last_measurement: large(count.since_last),
        last_checkpointed_event_position: place(report.checkpoint),
        last_known_event_position: place(last_known),
        resolve_link_tos: settings.resolve_links,
        start_from: start_from.text(name.is_to_all()),
        message_timeout_milliseconds: small(settings.message_timeout_ms),
        extra_statistics: settings.extra_statistics,
        max_retry_count: small(settings.max_retry_count),
        live_buffer_size: small(settings.live_buffer_size),
        buffer_size: small(settings.history_buffer_size),
        read_batch_size: small(settings.read_batch_size),
        check_point_after_milliseconds: small(settings.checkpoint_after_ms),
        min_check_point_count: small(settings.min_checkpoint_count),
        max_check_point_count: small(settings.max_checkpoint_count),
        read_buffer_count: small(if *is_live { 0 } else { load.waiting }),
        live_buffer_count: large(if *is_live { load.waiting } else { 0 }),
        retry_buffer_count: small(load.retrying),
        total_in_flight_messages: small(load.in_flight),
        outstanding_messages_count: small(load.in_flight + load.parking),
        named_consumer_strategy: settings.strategy.name().to_owned(),
        max_subscriber_count: small(settings.max_subscriber_count),
        parked_message_count: large(parked),
    }
}

fn connection(report: &ConnectionReport) -> ConnectionInfo {
    let ConnectionReport { about, count, latencies, free_slots, in_flight } = report;
    ConnectionInfo {
        from: about.address.clone(),
        username: about.user.clone(),
        average_items_per_second: small(count.per_second),
        total_items: large(count.total),
        count_since_last_measurement: large(count.since_last),
        observed_measurements: latencies
            .iter()
            .map(|(key, value)| Measurement { key: (*key).to_owned(), value: large(*value) })
            .collect(),
        available_slots: small(*free_slots),
        in_flight_messages: small(*in_flight),
        connection_name: about.name.clone(),
    }
}

fn small(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

fn large(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
