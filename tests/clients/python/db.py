"""The client under test under one set of names.

The two packages are one client before and after the vendor's renaming; only the names of the
client and of its exceptions differ.
"""

import os

NAME = os.environ["HOLDFAST_CLIENT"]

if NAME == "kurrentdbclient":
    import kurrentdbclient as package
    from kurrentdbclient import KurrentDBClient as Client
    from kurrentdbclient.exceptions import (
        AccessDeniedError,
        AlreadyExistsError as AlreadyExists,
        KurrentDBClientError as ClientError,
        MaximumAppendSizeExceededError as TooLarge,
        NotFoundError as NotFound,
        StreamIsDeletedError as StreamIsDeleted,
        UnauthenticatedError as Unauthenticated,
        WrongCurrentVersionError as WrongVersion,
    )
elif NAME == "esdbclient":
    import esdbclient as package
    from esdbclient import EventStoreDBClient as Client
    from esdbclient.exceptions import (
        AccessDeniedError,
        AlreadyExists,
        EventStoreDBClientException as ClientError,
        GrpcError as Unauthenticated,
        MaximumAppendSizeExceededError as TooLarge,
        NotFound,
        StreamIsDeleted,
        WrongCurrentVersion as WrongVersion,
    )
else:
    raise SystemExit(f"HOLDFAST_CLIENT={NAME}: not a client these tests know")

NewEvent = package.NewEvent
StreamState = package.StreamState
CaughtUp = package.CaughtUp
Checkpoint = package.Checkpoint

__all__ = [
    "NAME", "AccessDeniedError", "AlreadyExists", "CaughtUp", "Checkpoint", "Client",
    "ClientError", "NewEvent", "NotFound", "StreamIsDeleted", "StreamState", "TooLarge",
    "Unauthenticated", "WrongVersion",
]  # fmt: skip
