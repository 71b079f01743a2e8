"""Appending with every kind of expected revision."""

from db import AccessDeniedError, NewEvent, StreamState, WrongVersion
from harness import event, events, name, refuses, same


def append_any(client):
    stream = name("any")
    first = client.append_to_stream(stream, current_version=StreamState.ANY, events=event(0))
    second = client.append_to_stream(stream, current_version=StreamState.ANY, events=event(1))
    same("positions grow", second > first, True)
    same("revisions", [one.stream_position for one in client.get_stream(stream)], [0, 1])
    refuses(
        "the whole log is no stream",
        AccessDeniedError,
        lambda: client.append_to_stream("$all", current_version=StreamState.ANY, events=[event()]),
    )


def append_no_stream(client):
    stream = name("no_stream")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event(0))
    refuses(
        "NO_STREAM on a stream that is there",
        WrongVersion,
        lambda: client.append_to_stream(
            stream, current_version=StreamState.NO_STREAM, events=event(1)
        ),
    )
    same("events", len(client.get_stream(stream)), 1)


def append_stream_exists(client):
    stream = name("exists")
    refuses(
        "EXISTS on a missing stream",
        WrongVersion,
        lambda: client.append_to_stream(
            stream, current_version=StreamState.EXISTS, events=event(0)
        ),
    )
    client.append_to_stream(stream, current_version=StreamState.ANY, events=event(0))
    client.append_to_stream(stream, current_version=StreamState.EXISTS, events=event(1))
    same("current version", client.get_current_version(stream), 1)


def append_exact_revision(client):
    stream = name("exact")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(2))
    client.append_to_stream(stream, current_version=1, events=event(2))
    for wrong in (0, 7):
        refuses(
            f"expected version {wrong} where 2 is",
            WrongVersion,
            lambda wrong=wrong: client.append_to_stream(
                stream, current_version=wrong, events=event(3)
            ),
        )
    same("current version", client.get_current_version(stream), 2)


def wrong_version_says_expected_and_actual(client):
    """One event goes by Append, several by BatchAppend: two shapes of the same refusal."""
    stream, missing = name("wrong"), name("missing")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(3))
    for what in (event(9), events(2)):
        error = refuses(
            "expected version 7",
            WrongVersion,
            lambda what=what: client.append_to_stream(stream, current_version=7, events=what),
        )
        same("message", str(error), "Stream position of last event is 2 not 7")
        error = refuses(
            "expected version 0 of a missing stream",
            WrongVersion,
            lambda what=what: client.append_to_stream(missing, current_version=0, events=what),
        )
        same("message", str(error), f"Stream {missing!r} does not exist")


def repeated_append_is_one_append(client):
    stream = name("repeat")
    batch = events(3)
    first = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=batch)
    again = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=batch)
    same("position of the repeated append", again, first)
    client.append_to_stream(stream, current_version=2, events=event(3))
    again = client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=batch)
    same("position of the append repeated later", again, first)
    refuses(
        "the same ids and one more",
        WrongVersion,
        lambda: client.append_to_stream(
            stream, current_version=StreamState.NO_STREAM, events=[*batch, event(4), event(5)]
        ),
    )
    same("events", len(client.get_stream(stream)), 4)


def several_events_are_one_append(client):
    stream = name("batch")
    batch = events(50)
    position = client.append_to_stream(
        stream, current_version=StreamState.NO_STREAM, events=batch
    )
    stored = client.get_stream(stream)
    same("ids in order", [one.id for one in stored], [one.id for one in batch])
    same("position answered", position, stored[-1].commit_position)
    refuses(
        "a batch at the wrong version",
        WrongVersion,
        lambda: client.append_to_stream(stream, current_version=3, events=events(5)),
    )
    same("events after the refused batch", len(client.get_stream(stream)), 50)


def json_and_binary_come_back_as_sent(client):
    stream = name("content")
    json = NewEvent(
        type="json_thing",
        data='{"name": "Zürich → 東京",  "spaces":  true}'.encode(),
        metadata=b'{"$correlationId": "c-1"}',
    )
    binary = NewEvent(
        type="binary_thing",
        data=bytes(range(256)),
        metadata=b"\x00\xff",
        content_type="application/octet-stream",
    )
    empty = NewEvent(type="empty_thing", data=b"", content_type="application/octet-stream")
    client.append_to_stream(
        stream, current_version=StreamState.NO_STREAM, events=[json, binary, empty]
    )
    for sent, came in zip((json, binary, empty), client.get_stream(stream), strict=True):
        for field in ("id", "type", "data", "metadata", "content_type"):
            same(f"{sent.type}.{field}", getattr(came, field), getattr(sent, field))
        same("stream", came.stream_name, stream)
        same("has a time", came.recorded_at is not None, True)


ALL = [
    append_any,
    append_no_stream,
    append_stream_exists,
    append_exact_revision,
    wrong_version_says_expected_and_actual,
    repeated_append_is_one_append,
    several_events_are_one_append,
    json_and_binary_come_back_as_sent,
]
