use event_store::{Filter, Pattern};
use eventstore::SubscriptionFilter;

/// How many events the server may consider before it says how far it is.
const WINDOW_EVENTS: u32 = 512;

/// The filter as this adapter applies it everywhere: a category is the prefix `<name>-`, because
/// a server knows prefixes only. A stream without a hyphen is in no category here.
pub(crate) fn effective(filter: Filter) -> Filter {
    match filter {
        Filter::Categories(names) => Filter::Streams(Pattern::Prefixes(
            names.into_iter().map(|name| format!("{name}-")).collect(),
        )),
        other => other,
    }
}

/// What of it the server applies; everything it sends is looked at again here. No prefix at all
/// would pass everything there, and nothing here.
pub(crate) fn on_the_server(filter: &Filter) -> Option<SubscriptionFilter> {
    let (empty, pattern) = match filter {
        Filter::All | Filter::Categories(_) => return None,
        Filter::Streams(pattern) => (SubscriptionFilter::on_stream_name(), pattern),
        Filter::EventTypes(pattern) => (SubscriptionFilter::on_event_type(), pattern),
    };
    let filter = match pattern {
        Pattern::Prefixes(prefixes) => {
            if prefixes.iter().all(String::is_empty) {
                return None;
            }
            prefixes.iter().fold(empty, SubscriptionFilter::add_prefix)
        }
        // The server reads expressions in another dialect: what it left out would be lost.
        Pattern::Regex(_) => return None,
    };
    Some(filter.max(WINDOW_EVENTS))
}
