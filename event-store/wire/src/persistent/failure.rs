//! The failures only persistent subscriptions have, as clients know them.

use tonic::{Code, Status};

use super::entry::Name;
use crate::exception;

fn status(name: &Name, code: Code, message: String, kind: &'static str) -> Status {
    let trailers = [("stream-name", name.source.as_str()), ("group-name", name.group.as_str())];
    exception::with_trailers(code, message, kind, &trailers)
}

pub(super) fn does_not_exist(name: &Name) -> Status {
    let Name { source, group } = name;
    let message = format!("Subscription group {group} on stream {source} does not exist.");
    status(name, Code::NotFound, message, "persistent-subscription-does-not-exist")
}

pub(super) fn exists(name: &Name) -> Status {
    let Name { source, group } = name;
    let message = format!("Subscription group {group} on stream {source} exists.");
    status(name, Code::AlreadyExists, message, "persistent-subscription-exists")
}

/// The words are looked at by clients.
pub(super) fn too_many_subscribers(name: &Name) -> Status {
    let Name { source, group } = name;
    let message =
        format!("Maximum subscriptions reached for subscription group {group} on stream {source}.");
    status(name, Code::FailedPrecondition, message, "maximum-subscribers-reached")
}

/// The group was deleted or changed, or the consumer stopped itself.
pub(super) fn dropped(name: &Name) -> Status {
    let Name { source, group } = name;
    let message = format!("Subscription group {group} on stream {source} was dropped.");
    status(name, Code::Cancelled, message, "persistent-subscription-dropped")
}

pub(super) fn failed(name: &Name, reason: &str) -> Status {
    let Name { source, group } = name;
    let message = format!("Subscription group {group} on stream {source} failed: '{reason}'");
    let trailers =
        [("stream-name", source.as_str()), ("group-name", group.as_str()), ("reason", reason)];
    exception::with_trailers(Code::Internal, message, "persistent-subscription-failed", &trailers)
}
