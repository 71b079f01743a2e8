"""Large events, and many small ones."""

import time

from db import ClientError, NewEvent, NotFound, StreamState, TooLarge
from harness import event, name, refuses, same

MEBIBYTE = 1024 * 1024
SMALL_APPENDS = 200


def large(size):
    return NewEvent(
        type="large_thing", data=b"x" * size, content_type="application/octet-stream"
    )


def one_and_ten_mebibytes(client):
    stream = name("large")
    for number, size in enumerate((MEBIBYTE, 10 * MEBIBYTE)):
        sent = large(size)
        client.append_to_stream(stream, current_version=StreamState.ANY, events=[sent])
        (came,) = client.get_stream(stream, stream_position=number)
        same(f"{size} bytes", came.data == sent.data, True)


def seventeen_mebibytes_are_refused(client):
    stream = name("too_large")
    refuses(
        "16 MiB and one KiB",
        TooLarge,
        lambda: client.append_to_stream(
            stream, current_version=StreamState.ANY, events=[large(16 * MEBIBYTE + 1024)]
        ),
    )
    for events in (large(17 * MEBIBYTE), [large(17 * MEBIBYTE)]):
        refuses(
            "17 MiB",
            ClientError,
            lambda events=events: client.append_to_stream(
                stream, current_version=StreamState.ANY, events=events
            ),
        )
    refuses("the stream", NotFound, lambda: client.get_stream(stream))
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event())


def many_small_appends(client):
    stream = name("small")
    started = time.perf_counter()
    for number in range(SMALL_APPENDS):
        version = number - 1 if number else StreamState.NO_STREAM
        client.append_to_stream(stream, current_version=version, events=event(number))
    appended = time.perf_counter()
    for number in range(SMALL_APPENDS):
        (one,) = client.get_stream(stream, stream_position=number, limit=1)
        same("revision", one.stream_position, number)
    read = time.perf_counter()
    append_ms = (appended - started) * 1000 / SMALL_APPENDS
    read_ms = (read - appended) * 1000 / SMALL_APPENDS
    return f"{append_ms:.1f} ms an append, {read_ms:.1f} ms a read"


ALL = [one_and_ten_mebibytes, seventeen_mebibytes_are_refused, many_small_appends]
