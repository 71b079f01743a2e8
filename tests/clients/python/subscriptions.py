"""Catch-up subscriptions."""

from db import CaughtUp, Checkpoint, StreamState
from harness import PATIENCE_SECONDS, event, events, holds, name, same, take


def append(client, stream, count, kind="thing_happened"):
    return client.append_to_stream(
        stream, current_version=StreamState.ANY, events=events(count, kind)
    )


def revisions(taken):
    return [one.stream_position for one in taken]


def subscribe_to_stream(client):
    stream = name("subscribed")
    append(client, stream, 3)
    with client.subscribe_to_stream(stream, timeout=PATIENCE_SECONDS) as subscription:
        same("what was there", revisions(take(subscription, 3)), [0, 1, 2])
        append(client, stream, 2)
        same("what came while it ran", revisions(take(subscription, 2)), [3, 4])
    # A stream that is not there yet can be waited for.
    later = name("subscribed_later")
    with client.subscribe_to_stream(later, timeout=PATIENCE_SECONDS) as subscription:
        append(client, later, 1)
        same("stream", take(subscription, 1)[0].stream_name, later)


def subscribe_to_stream_after_revision(client):
    stream = name("resumed")
    append(client, stream, 5)
    with client.subscribe_to_stream(
        stream, stream_position=2, timeout=PATIENCE_SECONDS
    ) as subscription:
        same("after revision 2", revisions(take(subscription, 2)), [3, 4])
    with client.subscribe_to_stream(
        stream, from_end=True, timeout=PATIENCE_SECONDS
    ) as subscription:
        append(client, stream, 1)
        same("after the end", revisions(take(subscription, 1)), [5])


def subscribe_to_all(client):
    stream = name("in_all")
    start = client.get_commit_position()
    append(client, stream, 3)
    with client.subscribe_to_all(
        commit_position=start, timeout=PATIENCE_SECONDS
    ) as subscription:
        same("what was there", revisions(take(subscription, 3)), [0, 1, 2])
        append(client, stream, 2)
        same("what came while it ran", revisions(take(subscription, 2)), [3, 4])
    with client.subscribe_to_all(timeout=PATIENCE_SECONDS) as subscription:
        holds("from the start", take(subscription, 1)[0].commit_position <= start)
    with client.subscribe_to_all(from_end=True, timeout=PATIENCE_SECONDS) as subscription:
        append(client, stream, 1)
        same("from the end", revisions(take(subscription, 1)), [5])


def subscribe_to_all_after_position(client):
    stream = name("all_resumed")
    append(client, stream, 4)
    stored = client.get_stream(stream)
    with client.subscribe_to_all(
        commit_position=stored[1].commit_position, timeout=PATIENCE_SECONDS
    ) as subscription:
        same("after the second", [one.id for one in take(subscription, 2)],
             [stored[2].id, stored[3].id])  # fmt: skip


def subscribe_to_all_by_filter(client):
    wanted, other = name("wanted"), name("other")
    start = client.get_commit_position()
    for number in range(3):
        append(client, f"{wanted}-{number}", 1, "kind_a")
        append(client, f"{other}-{number}", 2, "kind_b")
    with client.subscribe_to_all(
        commit_position=start,
        filter_include=[f"{wanted}-.*"],
        filter_by_stream_name=True,
        timeout=PATIENCE_SECONDS,
    ) as subscription:
        taken = take(subscription, 3)
        same("streams", [one.stream_name for one in taken], [f"{wanted}-{n}" for n in range(3)])
        append(client, f"{other}-9", 1)
        append(client, f"{wanted}-9", 1)
        same("while it ran", take(subscription, 1)[0].stream_name, f"{wanted}-9")


def filtered_subscription_sends_checkpoints(client):
    """Events that do not pass still move a consumer on, and nothing is lost from a checkpoint."""
    wanted, noise = name("rare"), name("noise")
    start = client.get_commit_position()
    append(client, noise, 200)
    options = {
        "filter_include": [f"{wanted}.*"],
        "filter_by_stream_name": True,
        "include_checkpoints": True,
        "window_size": 10,
        "checkpoint_interval_multiplier": 2,
        "timeout": PATIENCE_SECONDS,
    }
    with client.subscribe_to_all(commit_position=start, **options) as subscription:
        first = take(subscription, 1)[0]
        holds(f"a checkpoint first, not {first}", isinstance(first, Checkpoint))
        same("further than the start", first.commit_position > start, True)
    stored = append(client, wanted, 1)
    with client.subscribe_to_all(
        commit_position=first.commit_position, **options
    ) as subscription:
        for one in subscription:
            if not isinstance(one, Checkpoint):
                break
        same("the event behind the checkpoint", (one.stream_name, one.commit_position),
             (wanted, stored))  # fmt: skip


def subscription_says_caught_up(client):
    stream = name("caught_up")
    append(client, stream, 3)
    with client.subscribe_to_stream(
        stream, include_caught_up=True, timeout=PATIENCE_SECONDS
    ) as subscription:
        taken = take(subscription, 4)
        same("events, then caught up", [isinstance(one, CaughtUp) for one in taken],
             [False, False, False, True])  # fmt: skip
    with client.subscribe_to_all(
        from_end=True, include_caught_up=True, timeout=PATIENCE_SECONDS
    ) as subscription:
        holds("caught up at the end", isinstance(take(subscription, 1)[0], CaughtUp))
        client.append_to_stream(stream, current_version=2, events=event(3))
        same("and then live", revisions(take(subscription, 1)), [3])


ALL = [
    subscribe_to_stream,
    subscribe_to_stream_after_revision,
    subscribe_to_all,
    subscribe_to_all_after_position,
    subscribe_to_all_by_filter,
    filtered_subscription_sends_checkpoints,
    subscription_says_caught_up,
]
