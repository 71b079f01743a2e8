"""Reading streams and the whole log."""

import db
from db import NotFound, StreamState
from harness import NotOffered, events, holds, name, refuses, same


def filled(client, count=10, kind="thing_happened", stream=None):
    stream = stream or name("read")
    client.append_to_stream(
        stream, current_version=StreamState.NO_STREAM, events=events(count, kind)
    )
    return stream


def revisions(read):
    return [one.stream_position for one in read]


def read_stream_forwards(client):
    stream = filled(client)
    same("revisions", revisions(client.read_stream(stream)), list(range(10)))
    same("limit 3", revisions(client.read_stream(stream, limit=3)), [0, 1, 2])


def read_stream_backwards(client):
    stream = filled(client)
    same("revisions", revisions(client.read_stream(stream, backwards=True)), [*range(9, -1, -1)])
    same("limit 2", revisions(client.read_stream(stream, backwards=True, limit=2)), [9, 8])


def read_stream_from_revision_with_limit(client):
    stream = filled(client)
    read = client.read_stream
    same("from 4", revisions(read(stream, stream_position=4, limit=3)), [4, 5, 6])
    same(
        "from 4 backwards",
        revisions(read(stream, stream_position=4, backwards=True, limit=3)),
        [4, 3, 2],
    )
    same("from behind the end", revisions(read(stream, stream_position=10)), [])


def read_missing_stream(client):
    stream = name("missing")
    refuses("get_stream", NotFound, lambda: client.get_stream(stream))
    refuses(
        "backwards", NotFound, lambda: list(client.read_stream(stream, backwards=True))
    )
    same("current version", client.get_current_version(stream), StreamState.NO_STREAM)


def read_all_forwards(client):
    before = client.get_commit_position()
    stream = filled(client)
    read = list(client.read_all(commit_position=before))
    holds("a position given is included", read[0].commit_position == before or before == 0)
    positions = [one.commit_position for one in read]
    holds("positions grow", positions == sorted(set(positions)))
    same("my events", revisions(one for one in read if one.stream_name == stream), [*range(10)])
    same("the last", read[-1].stream_name, stream)
    same("limit", len(list(client.read_all(commit_position=before, limit=4))), 4)


def read_all_backwards(client):
    stream = filled(client)
    read = list(client.read_all(backwards=True, limit=10))
    same("newest first", revisions(read), [*range(9, -1, -1)])
    same("stream", {one.stream_name for one in read}, {stream})
    before = list(client.read_all(commit_position=read[3].commit_position, backwards=True, limit=3))
    same("a position given backwards is excluded", revisions(before), [5, 4, 3])


def by_filter(client, wanted, **filter):
    """Events of three categories and two types; those the filter lets through."""
    category, other = name("cat"), name("dog")
    start = client.get_commit_position()
    for stream in (f"{category}-1", f"{other}-1", f"{category}-2"):
        filled(client, 3, f"{category}.one", stream)
        client.append_to_stream(stream, current_version=2, events=events(2, f"{other}.two"))
    filter = {key: value(category, other) for key, value in filter.items()}
    read = list(client.read_all(commit_position=start, **filter))
    # The position to start from is included.
    came = [
        (one.stream_name, one.type, one.stream_position)
        for one in read
        if one.commit_position > start
    ]
    expected = []
    for stream in (f"{category}-1", f"{other}-1", f"{category}-2"):
        for revision in range(5):
            kind = f"{category}.one" if revision < 3 else f"{other}.two"
            if wanted(category, stream, kind):
                expected.append((stream, kind, revision))
    same("events through the filter", came, expected)


def prefix(client):
    if db.NAME == "esdbclient":  # its read_all knows regular expressions only
        raise NotOffered
    return {"filter_by_prefix": lambda *_: True}


def read_all_by_stream_prefix(client):
    by_filter(
        client,
        lambda category, stream, kind: stream.startswith(category),
        filter_include=lambda category, other: [f"{category}-"],
        filter_by_stream_name=lambda *_: True,
        **prefix(client),
    )


def read_all_by_stream_regex(client):
    by_filter(
        client,
        lambda category, stream, kind: stream == f"{category}-2",
        filter_include=lambda category, other: [f"{category}-[2-9]"],
        filter_by_stream_name=lambda *_: True,
    )
    # An exclusion is a look-ahead, which not every engine of regular expressions has.
    by_filter(
        client,
        lambda category, stream, kind: stream != f"{category}-2",
        filter_exclude=lambda category, other: [f"{category}-2"],
        filter_by_stream_name=lambda *_: True,
    )


def read_all_by_type_prefix(client):
    by_filter(
        client,
        lambda category, stream, kind: kind.startswith(category),
        filter_include=lambda category, other: [f"{category}.", "another"],
        **prefix(client),
    )


def read_all_by_type_regex(client):
    by_filter(
        client,
        lambda category, stream, kind: kind.endswith(".two"),
        filter_include=lambda category, other: [rf"{other}\.t.o"],
    )


ALL = [
    read_stream_forwards,
    read_stream_backwards,
    read_stream_from_revision_with_limit,
    read_missing_stream,
    read_all_forwards,
    read_all_backwards,
    read_all_by_stream_prefix,
    read_all_by_stream_regex,
    read_all_by_type_prefix,
    read_all_by_type_regex,
]
