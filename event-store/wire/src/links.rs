//! Links: events of type `$>` whose data, "revision@stream", names another event.

use event_store::{EventStore, ReadError, RecordedEvent, StreamName};

/// The type of a link.
pub(crate) const LINK_TYPE: &str = "$>";

/// An event as it was found, and what it links to.
#[derive(Debug, Clone)]
pub(crate) enum Resolved {
    /// No link, or links were not to be followed.
    Plain(RecordedEvent),
    /// A link, and the event it names, when that is still there.
    Link {
        /// The event that was found.
        link: RecordedEvent,
        /// The event it names.
        target: Option<RecordedEvent>,
    },
}

/// Follows the link, if the event is one.
pub(crate) async fn resolve(
    store: &dyn EventStore,
    event: RecordedEvent,
) -> Result<Resolved, ReadError> {
    if &*event.event_type != LINK_TYPE {
        return Ok(Resolved::Plain(event));
    }
    let Some((revision, stream)) = target(&event.data) else {
        return Ok(Resolved::Link { link: event, target: None });
    };
    let found = match store.read_stream(&stream, revision, 1).await {
        Ok(events) => events.into_iter().next().filter(|found| found.revision == revision),
        Err(ReadError::StreamNotFound | ReadError::StreamDeleted) => None,
        Err(error) => return Err(error),
    };
    Ok(Resolved::Link { link: event, target: found })
}

/// Reads "revision@stream".
pub(crate) fn target(data: &[u8]) -> Option<(u64, StreamName)> {
    let (revision, stream) = std::str::from_utf8(data).ok()?.split_once('@')?;
    Some((revision.parse().ok()?, StreamName::parse_any(stream).ok()?))
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn a_link_names_a_revision_and_a_stream_which_may_hold_the_sign_itself() {
        let named = |data: &str| target(data.as_bytes()).map(|(at, s)| (at, s.to_string()));
        assert_eq!(named("7@booking-1"), Some((7, "booking-1".into())));
        assert_eq!(named("0@mail-a@b.example"), Some((0, "mail-a@b.example".into())));
        assert_eq!(named("booking-1"), None);
        assert_eq!(named("x@booking-1"), None);
        assert_eq!(named("1@"), None);
        assert_eq!(target(&[0xff, b'@', b'a']), None);
    }
}
