//! What clients ask for, read from the protocol's messages.

use tonic::Status;

use super::entry::{By, Name, StartFrom, WantedNames};
use super::failure;
use super::groups::Wish;
use super::settings::{Settings, Strategy};
use super::storage::ALL;
use crate::convert;
use crate::exception::invalid;
use crate::protocol::persistent_subscriptions::{
    create_req, delete_req, get_info_req, read_req, replay_parked_req, update_req,
};
use crate::protocol::shared::StreamIdentifier;

const TICKS_PER_MILLISECOND: i64 = 10_000;

/// What every request names.
pub(super) fn name(stream: Option<&StreamIdentifier>, group: &str) -> Result<Name, Status> {
    if group.is_empty() {
        return Err(invalid("the group has no name"));
    }
    let source = convert::stream_from(stream)?.as_str().to_owned();
    Ok(Name { source, group: group.to_owned() })
}

fn to_all(group: &str) -> Result<Name, Status> {
    let all = StreamIdentifier { stream_name: ALL.into() };
    name(Some(&all), group)
}

/// The requests that only name a group have their own type of the same choice each.
macro_rules! named_by {
    ($options:expr, $choice:path) => {{
        use $choice as Choice;
        match &$options.stream_option {
            Some(Choice::All(_)) => to_all(&$options.group_name),
            Some(Choice::StreamIdentifier(stream)) => name(Some(stream), &$options.group_name),
            None => Err(invalid("neither a stream nor $all is named")),
        }
    }};
}

pub(super) fn of_read(options: &read_req::Options) -> Result<Name, Status> {
    named_by!(options, read_req::options::StreamOption)
}

pub(super) fn of_delete(options: &delete_req::Options) -> Result<Name, Status> {
    named_by!(options, delete_req::options::StreamOption)
}

pub(super) fn of_get_info(options: &get_info_req::Options) -> Result<Name, Status> {
    named_by!(options, get_info_req::options::StreamOption)
}

pub(super) fn of_replay(
    options: &replay_parked_req::Options,
) -> Result<(Name, Option<u64>), Status> {
    use replay_parked_req::options::StopAtOption;
    let name = named_by!(options, replay_parked_req::options::StreamOption)?;
    let stop_at = match options.stop_at_option {
        Some(StopAtOption::StopAt(revision)) => {
            Some(u64::try_from(revision).map_err(|_| invalid("stop_at is negative"))?)
        }
        Some(StopAtOption::NoLimit(_)) | None => None,
    };
    Ok((name, stop_at))
}

/// Creating and updating have the same options, in types of their own each.
macro_rules! source {
    ($request:ident, $options:expr, $asked:expr) => {{
        use $request::all_options::AllOption;
        use $request::options::StreamOption;
        use $request::stream_options::RevisionOption;
        let group = &$options.group_name;
        match &$options.stream_option {
            Some(StreamOption::Stream(stream)) => {
                let start_from = match stream.revision_option {
                    Some(RevisionOption::Revision(revision)) => StartFrom::At(revision),
                    Some(RevisionOption::End(_)) => StartFrom::End,
                    Some(RevisionOption::Start(_)) | None => StartFrom::Start,
                };
                (name(stream.stream_identifier.as_ref(), group)?, start_from)
            }
            Some(StreamOption::All(all)) => {
                let start_from = match &all.all_option {
                    Some(AllOption::Position(at)) => StartFrom::At(at.commit_position),
                    Some(AllOption::End(_)) => StartFrom::End,
                    Some(AllOption::Start(_)) | None => StartFrom::Start,
                };
                (to_all(group)?, start_from)
            }
            None => {
                let start_from = match $asked.revision {
                    0 => StartFrom::Start,
                    u64::MAX => StartFrom::End,
                    revision => StartFrom::At(revision),
                };
                (name($options.stream_identifier.as_ref(), group)?, start_from)
            }
        }
    }};
}

macro_rules! raw {
    ($request:ident, $asked:expr, $strategy:expr) => {{
        use $request::settings::{CheckpointAfter, MessageTimeout};
        Raw {
            counts: [
                $asked.max_retry_count,
                $asked.min_checkpoint_count,
                $asked.max_checkpoint_count,
                $asked.max_subscriber_count,
                $asked.live_buffer_size,
                $asked.read_batch_size,
                $asked.history_buffer_size,
            ],
            message_timeout: match $asked.message_timeout {
                Some(MessageTimeout::MessageTimeoutTicks(ticks)) => ticks / TICKS_PER_MILLISECOND,
                Some(MessageTimeout::MessageTimeoutMs(milliseconds)) => milliseconds.into(),
                None => 0,
            },
            checkpoint_after: match $asked.checkpoint_after {
                Some(CheckpointAfter::CheckpointAfterTicks(ticks)) => ticks / TICKS_PER_MILLISECOND,
                Some(CheckpointAfter::CheckpointAfterMs(milliseconds)) => milliseconds.into(),
                None => 0,
            },
            resolve_links: $asked.resolve_links,
            extra_statistics: $asked.extra_statistics,
            strategy: $strategy,
        }
    }};
}

#[allow(deprecated, reason = "clients from before subscriptions to $all fill only these")]
pub(super) fn of_create(options: create_req::Options) -> Result<Wish, Status> {
    let asked = options.settings.as_ref().ok_or_else(|| invalid("the settings are missing"))?;
    let (name, start_from) = source!(create_req, options, asked);
    let strategy = match asked.consumer_strategy.as_str() {
        "" => Strategy::numbered(asked.named_consumer_strategy),
        named => Strategy::parse(named),
    };
    let settings = raw!(create_req, asked, strategy).settings(&name)?;
    let filter = wanted_names(options.stream_option)?;
    Ok(Wish { name, start_from, filter, settings })
}

#[allow(deprecated, reason = "clients from before subscriptions to $all fill only these")]
pub(super) fn of_update(options: update_req::Options) -> Result<Wish, Status> {
    let asked = options.settings.as_ref().ok_or_else(|| invalid("the settings are missing"))?;
    let (name, start_from) = source!(update_req, options, asked);
    let strategy = Strategy::numbered(asked.named_consumer_strategy);
    let settings = raw!(update_req, asked, strategy).settings(&name)?;
    Ok(Wish { name, start_from, filter: None, settings })
}

/// The filter, if there is one.
fn wanted_names(
    source: Option<create_req::options::StreamOption>,
) -> Result<Option<WantedNames>, Status> {
    use create_req::all_options::FilterOption;
    use create_req::all_options::filter_options::Filter;
    let Some(create_req::options::StreamOption::All(all)) = source else { return Ok(None) };
    let Some(FilterOption::Filter(options)) = all.filter_option else { return Ok(None) };
    let (by, expression) = match options.filter {
        Some(Filter::StreamIdentifier(expression)) => (By::Stream, expression),
        Some(Filter::EventType(expression)) => (By::EventType, expression),
        None => return Err(invalid("the filter looks at nothing")),
    };
    let regex = Some(expression.regex).filter(|regex| !regex.is_empty());
    let wanted = WantedNames { by, prefixes: expression.prefix, regex };
    wanted.filter().map_err(invalid)?;
    Ok(Some(wanted))
}

/// Settings as they arrive.
struct Raw {
    counts: [i32; 7],
    message_timeout: i64,
    checkpoint_after: i64,
    resolve_links: bool,
    extra_statistics: bool,
    strategy: Option<Strategy>,
}

impl Raw {
    fn settings(self, name: &Name) -> Result<Settings, Status> {
        let strategy = self
            .strategy
            .ok_or_else(|| failure::failed(name, "there is no such consumer strategy"))?;
        let count = |value: i64| {
            u32::try_from(value)
                .map_err(|_| invalid("a count or time in the settings is not a count"))
        };
        let [retries, least, most, subscribers, live, batch, history] = self.counts;
        Ok(Settings {
            resolve_links: self.resolve_links,
            extra_statistics: self.extra_statistics,
            max_retry_count: count(retries.into())?,
            message_timeout_ms: count(self.message_timeout)?,
            checkpoint_after_ms: count(self.checkpoint_after)?,
            min_checkpoint_count: count(least.into())?,
            max_checkpoint_count: count(most.into())?,
            max_subscriber_count: count(subscribers.into())?,
            live_buffer_size: count(live.into())?,
            read_batch_size: count(batch.into())?,
            history_buffer_size: count(history.into())?,
            strategy,
        })
    }
}
