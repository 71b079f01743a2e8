"""Drives a Holdfast event store with a Python client: HOLDFAST_URL, or the users' URLs."""

import json
import os

import appends
import persistent
import reads
import sizes
import streams
import subscriptions
import users
from db import AccessDeniedError, Client, StreamState
from harness import event, name, refuses, run, same


def connects_by_discovery(client):
    whole = os.environ["HOLDFAST_URL"].replace("esdb://", "esdb+discover://", 1)
    by_discovery = Client(whole)
    stream = name("discovered")
    by_discovery.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event())
    by_discovery.close()
    same("events", len(client.get_stream(stream)), 1)


def log_says_which_it_is(client):
    """A stream of one event that is in no log: whoever copies a log can tell it from its copy."""
    (only,) = client.get_stream("holdfast-log")
    same("type and revision", (only.type, only.stream_position), ("holdfast.log_created.v1", 0))
    same("its id", json.loads(only.data), {"log_id": str(only.id)})
    same("in the log", [one for one in client.read_all(limit=50) if one.id == only.id], [])
    refuses(
        "append",
        AccessDeniedError,
        lambda: client.append_to_stream(
            "holdfast-log", current_version=StreamState.ANY, events=[event()]
        ),
    )


if "HOLDFAST_URL_AUDITOR" in os.environ:
    run(users.ALL, None)
else:
    client = Client(os.environ["HOLDFAST_URL"])
    rooms = (appends, reads, subscriptions, persistent, streams, sizes)
    run([connects_by_discovery, log_says_which_it_is, *(one for room in rooms for one in room.ALL)], client)
    client.close()
