"""Every exception of the package, each with the HTTP status it answers with.

CallbackError
├── Misconfigured      500  settings or execution role: nothing is served
├── UnknownEvent       400  no trigger we know sends such an event
├── BadCommand         400  {"replay": …} with options we do not know
├── MethodNotAllowed   405
├── Unauthorized       401
├── UnknownJob         403  CI itself knows nothing of the job (VERIFY=job)
├── TooLarge           413
├── Malformed          400  a body (or a part of it) that cannot be read
├── Redeliver          503  raised to the platform: the queue must send its records again
├── StoreError         503  a COS request that did not do its work
│   ├── Unavailable         it may work later
│   └── Refused             COS or CI understood and said no
│       └── NotFound        there is no such thing
└── ActionError        503  an action that follows a result was not done
    ├── ActionUnavailable   it may work later
    └── ActionRefused       its receiver said no, or is none
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
    """The deployment is wrong; `problems` lists every mistake. The caller is told no more than that."""

    status = 500
    reason = "misconfigured"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("This function is misconfigured; its log says how to mend it.")
        self.problems = tuple(problems)


class UnknownEvent(CallbackError):
    """The event has the shape of no trigger we serve."""

    status = 400
    reason = "unknown-event"


class BadCommand(CallbackError):
    """A command to the function itself has options that it does not take."""

    status = 400
    reason = "bad-command"


class MethodNotAllowed(CallbackError):
    """Callbacks are POSTed."""

    status = 405
    reason = "method-not-allowed"
    headers: ClassVar[Mapping[str, str]] = {"Allow": "POST"}


class Unauthorized(CallbackError):
    """The URL carries none of the configured tokens."""

    status = 401
    reason = "unauthorized"


class UnknownJob(CallbackError):
    """CI itself knows nothing of the job that a callback speaks of."""

    status = 403
    reason = "unknown-job"


class TooLarge(CallbackError):
    """The body is larger than SCF itself lets through."""

    status = 413
    reason = "too-large"


class Malformed(CallbackError):
    """The bytes are no callback; `reason` says which rule they break."""

    status = 400

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Redeliver(CallbackError):
    """Some of a queue's records are not durable: the one error that leaves the function, so that they come again."""

    status = 503
    reason = "redeliver"


class StoreError(CallbackError):
    """A COS request did not do its work."""

    status = 503
    reason = "store-error"


class Unavailable(StoreError):
    """COS did not answer, or answered that it cannot now: the same request may work later."""

    reason = "store-unavailable"


class Refused(StoreError):
    """COS refused the request (no permission, no such bucket): only the deployment can fix that."""

    reason = "store-refused"
    permanent = True


class NotFound(Refused):
    """There is no such object, or no such job."""


class ActionError(CallbackError):
    """An action that follows a durable result was not done."""

    status = 503
    reason = "action-error"


class ActionUnavailable(ActionError):
    """The receiver did not answer, or answered that it cannot now."""

    reason = "action-unavailable"


class ActionRefused(ActionError):
    """The receiver refused (no permission, no such function), or is one that nothing is sent to."""

    reason = "action-refused"
    permanent = True
