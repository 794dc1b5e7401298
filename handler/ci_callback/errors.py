"""Every exception of the package, each with the HTTP status of its reply.

CallbackError
├── Misconfigured      500  settings or execution role: nothing is served
├── UnknownEvent       400  an event of no known trigger
├── BadCommand         400  a command with unknown or invalid options
├── MethodNotAllowed   405
├── Unauthorized       401
├── UnknownJob         403  CI does not know the job (VERIFY=job)
├── TooLarge           413
├── Malformed          400  a body (or a part of it) that cannot be read
├── Redeliver          503  raised to the platform: the queue must send its records again
├── StoreError         503  a request to COS or CI failed
│   ├── Unavailable         it may work later
│   └── Refused             COS or CI refused the request
│       ├── NotFound        there is no such object or job
│       ├── Unreadable      an object that is too large or compressed
│       ├── Foreign         the object is not the function's
│       └── NotAllowed      a host that no connection may be made to
└── ActionError        503  an action after a result failed
    ├── ActionUnavailable   it may work later
    └── ActionRefused       its receiver refused, or is not allowed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class CallbackError(Exception):
    """The base: `str(error)` is one sentence for the caller, `reason` a stable word for machines.

    `permanent` errors need a change of the deployment or the data: a retry alone does not help.
    """

    status: ClassVar[int] = 500
    permanent: ClassVar[bool] = False
    reason: str = "internal-error"
    headers: ClassVar[Mapping[str, str]] = {}


class Misconfigured(CallbackError):
    """The deployment is wrong; `problems` lists every mistake for the log, not for the caller."""

    status = 500
    reason = "misconfigured"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("This function is misconfigured; its log lists what to fix.")
        self.problems = tuple(problems)


class UnknownEvent(CallbackError):
    """The event is of no known trigger."""

    status = 400
    reason = "unknown-event"


class BadCommand(CallbackError):
    """A command has unknown or invalid options."""

    status = 400
    reason = "bad-command"


class MethodNotAllowed(CallbackError):
    """Callbacks are POSTed."""

    status = 405
    reason = "method-not-allowed"
    headers: ClassVar[Mapping[str, str]] = {"Allow": "POST"}


class Unauthorized(CallbackError):
    """The URL has none of the configured tokens."""

    status = 401
    reason = "unauthorized"


class UnknownJob(CallbackError):
    """CI does not know the job of a callback."""

    status = 403
    reason = "unknown-job"


class TooLarge(CallbackError):
    """The body is larger than SCF allows."""

    status = 413
    reason = "too-large"


class Malformed(CallbackError):
    """The bytes are not a callback; `reason` is the rule that they violate."""

    status = 400

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Redeliver(CallbackError):
    """Some of a queue's records are not durable: the only error raised to the platform, which sends them again."""

    status = 503
    reason = "redeliver"


class StoreError(CallbackError):
    """A request to COS or CI failed."""

    status = 503
    reason = "store-error"


class Unavailable(StoreError):
    """COS did not answer, or is unavailable: the same request may work later."""

    reason = "store-unavailable"


class Refused(StoreError):
    """COS refused the request (no permission, no such bucket): only the deployment can fix that."""

    reason = "store-refused"
    permanent = True


class NotFound(Refused):
    """There is no such object, or no such job."""


class Unreadable(Refused):
    """The object is larger than this function reads, or compressed: it was not read."""

    reason = "unreadable"


class Foreign(Refused):
    """The object is not the function's, or not what the function wrote."""

    reason = "conflict"


class NotAllowed(Refused):
    """The host has an address that no connection may be made to: nothing was sent."""


class ActionError(CallbackError):
    """An action after a durable result failed."""

    status = 503
    reason = "action-error"


class ActionUnavailable(ActionError):
    """The receiver did not answer, or is unavailable."""

    reason = "action-unavailable"


class ActionRefused(ActionError):
    """The receiver refused (no permission, no such function), or is not allowed."""

    reason = "action-refused"
    permanent = True


def defect(error: Exception) -> str:
    """Return the detail of an unexpected error: its type alone, since its message may hold text of a caller."""
    return f"A defect of this release: {type(error).__name__}."
