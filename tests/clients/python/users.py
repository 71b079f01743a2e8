"""A server with users, over TLS."""

import os

import db
from db import AccessDeniedError, Client, ClientError, StreamState
from harness import event, name, refuses, same


def url(user, password=None):
    """The connection string of a role; with another password when one is given."""
    whole = os.environ[f"HOLDFAST_URL_{user.upper()}"]
    if password is None:
        return whole
    scheme, rest = whole.split("://", 1)
    credentials, place = rest.split("@", 1)
    return f"{scheme}://{credentials.split(':')[0]}:{password}@{place}"


def service_appends_and_reads(_):
    with_service = Client(url("service"))
    stream = name("by_service")
    with_service.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event())
    same("events", len(with_service.get_stream(stream)), 1)
    with_service.close()


def auditor_reads_and_cannot_append(_):
    service, auditor = Client(url("service")), Client(url("auditor"))
    stream = name("audited")
    service.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event())
    same("the auditor reads", len(auditor.get_stream(stream)), 1)
    same("and reads the log", len(list(auditor.read_all(backwards=True, limit=1))), 1)
    for events in (event(1), [event(1), event(2)]):
        refuses(
            "the auditor appends",
            # The older client has no name for the refusal of a single event.
            AccessDeniedError if db.NAME == "kurrentdbclient" else ClientError,
            lambda events=events: auditor.append_to_stream(
                stream, current_version=StreamState.ANY, events=events
            ),
        )
    same("events", len(service.get_stream(stream)), 1)
    service.close()
    auditor.close()


def no_credentials_are_refused(_):
    # This client demands a user with TLS, and sends no user without TLS: an empty password
    # comes nearest to none.
    refused("nobody:")


def wrong_password_is_refused(_):
    refused(None)


def refused(credentials):
    whole = url("auditor", "wrong")
    if credentials is not None:
        whole = whole.replace("auditor:wrong", "nobody:x")
    client = Client(whole)
    refuses("read", (db.Unauthenticated, AccessDeniedError), lambda: client.get_stream(name("x")))
    client.close()


ALL = [
    service_appends_and_reads,
    auditor_reads_and_cannot_append,
    no_credentials_are_refused,
    wrong_password_is_refused,
]
