use std::panic::resume_unwind;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// What the crate says, again and again, when a server ended a subscription well.
const SAID: &str = "Received an unknown subscription message";
const BY: &str = "eventstore";

/// Ends a task in which `eventstore` 4.0.0 would spin: after a subscription that ended without an
/// error its `next` never returns and never waits, so that neither a timeout nor an abort can
/// stop it. All it does on each turn is to log a warning; this subscriber, in force for that one
/// task, hears it and unwinds. Everything else from warnings up goes to the subscriber that was
/// in force before.
pub(crate) struct EndOfStream {
    others: Dispatch,
}

/// What the task unwinds with.
struct Ended;

impl EndOfStream {
    /// In front of whatever subscriber is in force here.
    pub(crate) fn watch() -> Dispatch {
        Dispatch::new(Self { others: tracing::dispatcher::get_default(Dispatch::clone) })
    }
}

impl Subscriber for EndOfStream {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        if metadata.target().starts_with(BY) {
            let mut heard = Heard(false);
            event.record(&mut heard);
            if heard.0 {
                // Not a panic of anybody's making: no hook is to report it.
                resume_unwind(Box::new(Ended));
            }
        }
        if self.others.enabled(metadata) {
            self.others.event(event);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Heard(bool);

impl Visit for Heard {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 |= field.name() == "message" && format!("{value:?}") == SAID;
    }
}
