//! What a client wants to read.

use event_store::{Filter, Pattern, StreamName};
use tonic::Status;

use crate::convert::{IdForm, stream_from};
use crate::exception;
use crate::protocol::streams::ReadReq;
use crate::protocol::streams::read_req::options::all_options::AllOption;
use crate::protocol::streams::read_req::options::filter_options::{
    Expression, Filter as WireFilter, Window,
};
use crate::protocol::streams::read_req::options::stream_options::RevisionOption;
use crate::protocol::streams::read_req::options::{
    CountOption, FilterOption, FilterOptions, ReadDirection, StreamOption, UuidOption, uuid_option,
};

/// The window when the client leaves it to the server.
const DEFAULT_WINDOW: u32 = 32;

/// A read or a subscription.
#[derive(Debug)]
pub(in crate::streams) struct Wanted {
    pub(super) what: What,
    pub(super) direction: Direction,
    pub(super) extent: Extent,
    pub(super) resolves_links: bool,
    pub(super) ids: IdForm,
    /// Which kinds of messages the client understands; 0: the first ones.
    pub(super) compatibility: u32,
}

#[derive(Debug)]
pub(super) enum What {
    Stream(StreamName, From),
    All(From, Option<Filtered>),
}

/// Where to begin: a revision, or a position of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Start,
    End,
    At(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Forwards,
    Backwards,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Count(u64),
    Follow,
}

/// A filter, and after how many considered events a subscription says how far it is.
#[derive(Debug)]
pub(super) struct Filtered {
    pub(super) filter: Filter,
    pub(super) checkpoint_every: u64,
}

impl Wanted {
    /// Reads the request.
    pub(in crate::streams) fn parse(request: ReadReq) -> Result<Self, Status> {
        let options =
            request.options.ok_or_else(|| exception::invalid("the options are missing"))?;
        let direction = match options.read_direction() {
            ReadDirection::Forwards => Direction::Forwards,
            ReadDirection::Backwards => Direction::Backwards,
        };
        let ids = id_form(options.uuid_option.as_ref());
        let what = match options.stream_option {
            Some(StreamOption::Stream(stream)) => {
                let name = stream_from(stream.stream_identifier.as_ref())?;
                What::Stream(name, from_revision(stream.revision_option, direction))
            }
            Some(StreamOption::All(all)) => {
                let from = match all.all_option {
                    Some(AllOption::Position(position)) => at(position.commit_position),
                    Some(AllOption::Start(_)) => From::Start,
                    Some(AllOption::End(_)) => From::End,
                    None => default_from(direction),
                };
                let filtered = match options.filter_option {
                    Some(FilterOption::Filter(filter)) => Some(filtered(filter)?),
                    Some(FilterOption::NoFilter(_)) | None => None,
                };
                What::All(from, filtered)
            }
            None => return Err(exception::invalid("it is not said what to read")),
        };
        let extent = match options.count_option {
            Some(CountOption::Count(count)) => Extent::Count(count),
            Some(CountOption::Subscription(_)) => Extent::Follow,
            None => return Err(exception::invalid("it is not said how much to read")),
        };
        Ok(Self {
            what,
            direction,
            extent,
            resolves_links: options.resolve_links,
            ids,
            compatibility: options.control_option.map_or(0, |control| control.compatibility),
        })
    }
}

fn id_form(option: Option<&UuidOption>) -> IdForm {
    match option.and_then(|option| option.content.as_ref()) {
        Some(uuid_option::Content::String(_)) => IdForm::Text,
        Some(uuid_option::Content::Structured(_)) | None => IdForm::Structured,
    }
}

fn from_revision(option: Option<RevisionOption>, direction: Direction) -> From {
    match option {
        Some(RevisionOption::Revision(revision)) => at(revision),
        Some(RevisionOption::Start(_)) => From::Start,
        Some(RevisionOption::End(_)) => From::End,
        None => default_from(direction),
    }
}

fn default_from(direction: Direction) -> From {
    match direction {
        Direction::Forwards => From::Start,
        Direction::Backwards => From::End,
    }
}

/// Some clients write the end as the greatest number.
fn at(number: u64) -> From {
    if number >= i64::MAX.cast_unsigned() { From::End } else { From::At(number) }
}

fn filtered(options: FilterOptions) -> Result<Filtered, Status> {
    let filter = match options.filter {
        Some(WireFilter::StreamIdentifier(expression)) => {
            pattern(expression)?.map_or(Filter::All, Filter::Streams)
        }
        Some(WireFilter::EventType(expression)) => {
            pattern(expression)?.map_or(Filter::All, Filter::EventTypes)
        }
        None => return Err(exception::invalid("the filter does not say what it looks at")),
    };
    let window = match options.window {
        Some(Window::Max(max)) => max.max(1),
        Some(Window::Count(_)) | None => DEFAULT_WINDOW,
    };
    let multiplier = options.checkpoint_interval_multiplier.max(1);
    Ok(Filtered { filter, checkpoint_every: u64::from(window) * u64::from(multiplier) })
}

/// Prefixes go before an expression; neither fits everything.
fn pattern(expression: Expression) -> Result<Option<Pattern>, Status> {
    if !expression.prefix.is_empty() {
        return Ok(Some(Pattern::Prefixes(expression.prefix)));
    }
    if expression.regex.is_empty() {
        return Ok(None);
    }
    Pattern::regex(&expression.regex).map(Some).map_err(exception::invalid)
}
