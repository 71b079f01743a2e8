"""Metadata of a stream, and its end."""

from db import NotFound, StreamIsDeleted, StreamState, WrongVersion
from harness import PATIENCE_SECONDS, event, events, name, refuses, same


def filled(client, count=5):
    stream = name("kept")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(count))
    return stream


def revisions(client, stream):
    return [one.stream_position for one in client.get_stream(stream)]


def stream_metadata(client):
    stream = filled(client)
    same("at first", client.get_stream_metadata(stream), ({}, StreamState.NO_STREAM))
    wanted = {"$maxAge": 86400, "owner": "zürich"}
    client.set_stream_metadata(stream, metadata=wanted)
    same("set", client.get_stream_metadata(stream), (wanted, 0))
    same("the events stay", revisions(client, stream), [0, 1, 2, 3, 4])
    # Metadata may come before the stream.
    later = name("kept_later")
    client.set_stream_metadata(later, metadata=wanted)
    refuses("the stream itself", NotFound, lambda: client.get_stream(later))


def stream_metadata_expected_version(client):
    stream = filled(client)
    set_ = client.set_stream_metadata
    set_(stream, metadata={"a": 1}, current_version=StreamState.NO_STREAM)
    set_(stream, metadata={"a": 2}, current_version=0)
    for wrong in (StreamState.NO_STREAM, 0, 5):
        refuses(
            f"expected {wrong} where 1 is",
            WrongVersion,
            lambda wrong=wrong: set_(stream, metadata={"a": 3}, current_version=wrong),
        )
    same("metadata", client.get_stream_metadata(stream), ({"a": 2}, 1))


def max_count_hides_older_events(client):
    stream = filled(client)
    client.set_stream_metadata(stream, metadata={"$maxCount": 2})
    same("the last two", revisions(client, stream), [3, 4])
    client.append_to_stream(stream, current_version=4, events=event(5))
    same("still two", revisions(client, stream), [4, 5])
    backwards = client.read_stream(stream, backwards=True)
    same("backwards", [one.stream_position for one in backwards], [5, 4])


def soft_delete_and_recreate(client):
    stream = filled(client)
    client.delete_stream(stream, current_version=4)
    refuses("read", NotFound, lambda: client.get_stream(stream))
    same("current version", client.get_current_version(stream), StreamState.NO_STREAM)
    refuses(
        "append EXISTS",
        StreamIsDeleted,
        lambda: client.append_to_stream(
            stream, current_version=StreamState.EXISTS, events=events(1)
        ),
    )
    refuses(
        "delete EXISTS",
        StreamIsDeleted,
        lambda: client.delete_stream(stream, current_version=StreamState.EXISTS),
    )
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(2))
    same("numbering goes on", revisions(client, stream), [5, 6])


def delete_with_wrong_version(client):
    stream = filled(client)
    for call in (client.delete_stream, client.tombstone_stream):
        refuses("wrong version", WrongVersion, lambda call=call: call(stream, current_version=2))
        refuses(
            "a stream that never was",
            NotFound,
            lambda call=call: call(name("missing"), current_version=0),
        )
    same("the events stay", revisions(client, stream), [0, 1, 2, 3, 4])


def tombstone(client):
    stream = filled(client)
    client.tombstone_stream(stream, current_version=4)
    refuses("read", StreamIsDeleted, lambda: client.get_stream(stream))
    refuses("metadata", StreamIsDeleted, lambda: client.get_stream_metadata(stream))
    subscribe = lambda: next(client.subscribe_to_stream(stream, timeout=PATIENCE_SECONDS))  # noqa: E731
    refuses("subscribe", StreamIsDeleted, subscribe)
    refuses(
        "append several",
        StreamIsDeleted,
        lambda: client.append_to_stream(
            stream, current_version=StreamState.ANY, events=events(2)
        ),
    )
    refuses(
        "delete", StreamIsDeleted,
        lambda: client.delete_stream(stream, current_version=StreamState.ANY),
    )  # fmt: skip
    refuses(
        "tombstone", StreamIsDeleted,
        lambda: client.tombstone_stream(stream, current_version=StreamState.ANY),
    )  # fmt: skip


ALL = [
    stream_metadata,
    stream_metadata_expected_version,
    max_count_hides_older_events,
    soft_delete_and_recreate,
    delete_with_wrong_version,
    tombstone,
]
