"""Persistent subscriptions: the server keeps who has done what."""

from db import AlreadyExists, NotFound, StreamState
from harness import PATIENCE_SECONDS, events, holds, name, refuses, same, take, until


def filled(client, count=5):
    stream = name("worked")
    client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(count))
    return stream


def read(client, group, stream=None, **options):
    options = {"timeout": PATIENCE_SECONDS, "max_ack_delay": 0.02, **options}
    if stream is None:
        return client.read_subscription_to_all(group, **options)
    return client.read_subscription_to_stream(group, stream, **options)


def revisions(taken):
    return [one.stream_position for one in taken]


def acknowledge(subscription, taken):
    for one in taken:
        subscription.ack(one)


def persistent_create_info_list(client):
    stream, group = filled(client), name("group")
    create = client.create_subscription_to_stream
    create(
        group,
        stream,
        consumer_strategy="RoundRobin",
        message_timeout=12.5,
        max_retry_count=3,
        max_subscriber_count=7,
        checkpoint_after=1.5,
    )
    refuses("create again", AlreadyExists, lambda: create(group, stream))
    info = client.get_subscription_info(group, stream)
    same("event source", info.event_source, stream)
    same("group", info.group_name, group)
    same("strategy", info.consumer_strategy, "RoundRobin")
    same("message timeout", info.message_timeout, 12.5)
    same("checkpoint after", info.checkpoint_after, 1.5)
    same("retries", info.max_retry_count, 3)
    same("subscribers", info.max_subscriber_count, 7)
    same("starts from", info.start_from, "0")
    same("parked", info.parked_message_count, 0)
    listed = client.list_subscriptions_to_stream(stream)
    same("groups of the stream", [one.group_name for one in listed], [group])
    every = [(one.event_source, one.group_name) for one in client.list_subscriptions()]
    holds("listed among all", (stream, group) in every)
    refuses(
        "info of a missing group",
        NotFound,
        lambda: client.get_subscription_info(name("missing"), stream),
    )


def persistent_update(client):
    stream, group = filled(client), name("group")
    client.create_subscription_to_stream(group, stream)
    client.update_subscription_to_stream(group, stream, max_retry_count=2, message_timeout=4.0)
    info = client.get_subscription_info(group, stream)
    same("settings", (info.max_retry_count, info.message_timeout), (2, 4.0))
    refuses(
        "update of a missing group",
        NotFound,
        lambda: client.update_subscription_to_stream(name("missing"), stream),
    )


def persistent_ack(client):
    """What was acknowledged does not come again to the next consumer; the rest does."""
    stream, group = filled(client, 5), name("group")
    client.create_subscription_to_stream(
        group, stream, min_checkpoint_count=1, max_checkpoint_count=1, checkpoint_after=0.1
    )
    with read(client, group, stream) as subscription:
        same("id", subscription.subscription_id, f"{stream}::{group}")
        taken = take(subscription, 3)
        same("first", revisions(taken), [0, 1, 2])
        acknowledge(subscription, taken)
        client.append_to_stream(stream, current_version=4, events=events(1))
        acknowledge(subscription, rest := take(subscription, 3))
        same("then, live too", revisions(rest), [3, 4, 5])
    until(
        "the checkpoint is written",
        lambda: client.get_subscription_info(group, stream).last_checkpointed_event_position
        == "5",
    )
    with read(client, group, stream) as subscription:
        client.append_to_stream(stream, current_version=5, events=events(1))
        same("only what is new", revisions(take(subscription, 1)), [6])


def persistent_retry(client):
    stream, group = filled(client, 2), name("group")
    client.create_subscription_to_stream(group, stream, max_retry_count=5)
    with read(client, group, stream, event_buffer_size=1) as subscription:
        one = take(subscription, 1)[0]
        same("first time", (one.stream_position, one.retry_count), (0, 0))
        subscription.nack(one, action="retry")
        again = take(subscription, 1)[0]
        same("again", (again.id, again.retry_count), (one.id, 1))
        subscription.ack(again)
        same("then the next", revisions(take(subscription, 1)), [1])


def persistent_park_and_replay(client):
    stream, group = filled(client, 3), name("group")
    client.create_subscription_to_stream(group, stream)
    info = lambda: client.get_subscription_info(group, stream)  # noqa: E731
    with read(client, group, stream) as subscription:
        taken = take(subscription, 3)
        subscription.nack(taken[1], action="park")
        subscription.nack(taken[2], action="skip")
        subscription.ack(taken[0])
        until("one is parked", lambda: info().parked_message_count == 1)
        parked = client.get_stream(f"$persistentsubscription-{stream}::{group}-parked")
        same("parked as a link", [(one.type, one.data) for one in parked],
             [("$>", f"1@{stream}".encode())])  # fmt: skip
        client.replay_parked_events(group, stream)
        again = take(subscription, 1)[0]
        same("replayed", (again.id, again.stream_name), (taken[1].id, stream))
        subscription.ack(again)
        until("none is parked any more", lambda: info().parked_message_count == 0)


def persistent_delete(client):
    stream, group = filled(client), name("group")
    client.create_subscription_to_stream(group, stream)
    client.delete_subscription(group, stream)
    refuses("info", NotFound, lambda: client.get_subscription_info(group, stream))
    refuses("delete again", NotFound, lambda: client.delete_subscription(group, stream))
    refuses("read", NotFound, lambda: take(read(client, group, stream), 1))


def persistent_to_all(client):
    group, category = name("group"), name("watched")
    start = client.get_commit_position()
    client.create_subscription_to_all(
        group,
        commit_position=start,
        filter_include=[f"{category}-.*"],
        filter_by_stream_name=True,
    )
    for number in range(4):
        stream = f"{category}-{number}" if number % 2 else name("unwatched")
        client.append_to_stream(stream, current_version=StreamState.ANY, events=events(1))
    info = client.get_subscription_info(group)
    same("event source", info.event_source, "$all")
    same("starts from", info.start_from, f"C:{start}/P:{start}")
    with read(client, group) as subscription:
        same("id", subscription.subscription_id, f"$all::{group}")
        taken = take(subscription, 2)
        same("through the filter", [one.stream_name for one in taken],
             [f"{category}-1", f"{category}-3"])  # fmt: skip
        subscription.nack(taken[0], action="park")
        subscription.ack(taken[1])
        until("parked", lambda: client.get_subscription_info(group).parked_message_count == 1)
        client.replay_parked_events(group)
        again = take(subscription, 1)[0]
        same("replayed", again.id, taken[0].id)
        subscription.ack(again)
    client.update_subscription_to_all(group, max_retry_count=1)
    same("updated", client.get_subscription_info(group).max_retry_count, 1)
    client.delete_subscription(group)
    refuses("info", NotFound, lambda: client.get_subscription_info(group))


ALL = [
    persistent_create_info_list,
    persistent_update,
    persistent_ack,
    persistent_retry,
    persistent_park_and_replay,
    persistent_delete,
    persistent_to_all,
]
