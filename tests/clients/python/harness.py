"""Runs behaviours one after another, one printed line each; the first failure ends the run."""

import sys
import time
import traceback
import uuid

import db

# A subscription that gets nothing for this long has failed; it is the deadline of its call.
PATIENCE_SECONDS = 30


class NotOffered(Exception):
    """The client has no way to ask for this behaviour."""


def name(kind):
    """A stream, category or group name that no other behaviour uses."""
    return f"{kind}_{uuid.uuid4().hex[:12]}"


def event(number=0, kind="thing_happened"):
    return db.NewEvent(type=kind, data=b'{"number": %d}' % number)


def events(count, kind="thing_happened"):
    return [event(number, kind) for number in range(count)]


def same(what, came, expected):
    if came != expected:
        raise AssertionError(f"{what}: expected {expected!r}, came {came!r}")


def holds(what, condition):
    if not condition:
        raise AssertionError(what)


def refuses(what, kind, call):
    """The exception of that kind which the call raises."""
    try:
        came = call()
    except kind as error:
        return error
    except Exception as error:
        raise AssertionError(
            f"{what}: expected {kind.__name__}, came {type(error).__name__}: {error}"
        ) from error
    raise AssertionError(f"{what}: expected {kind.__name__}, came {came!r}")


def until(what, condition):
    """Waits for what the server does in its own time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: still not so after {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return found


def take(subscription, count):
    """The next events of a subscription."""
    taken = []
    for one in subscription:
        taken.append(one)
        if len(taken) == count:
            break
    same("events before the subscription ended", len(taken), count)
    return taken


def run(behaviours, client):
    for behaviour in behaviours:
        label = behaviour.__name__
        try:
            said = behaviour(client)
        except NotOffered:
            print(f"-- {label}: not offered by this client", flush=True)
        except Exception as error:
            print(f"FAILED {label}: {type(error).__name__}: {error}", flush=True)
            traceback.print_exc()
            sys.exit(1)
        else:
            print(f"ok {label}" + (f" ({said})" if said else ""), flush=True)
