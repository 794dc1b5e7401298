"""The values that travel: what came in, what became of each job, what goes back."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Source = Literal["function-url", "apigw", "invoke", "queue"]

OutcomeName = Literal["written", "duplicate", "stale", "ignored", "dead-lettered", "refused", "unverified", "retry"]


class Delivery(NamedTuple):
    """One call of the function, whoever called.

    `body` holds the exact bytes. `is_text` says that the trigger handed them over as text: then they are UTF-8 whatever
    an XML declaration inside claims. `method` is None and `tokens` is empty for a direct Invoke, which CAM has
    authorised already, and for a queue's record, which only the function's own trigger can send. `defect` is a reason,
    and its detail, why the trigger's own encoding of the body cannot be right.
    """

    source: Source
    body: bytes
    is_text: bool = True
    method: str | None = None
    tokens: tuple[str, ...] = ()
    defect: tuple[str, str] | None = None

    def __repr__(self) -> str:
        """Tell neither body nor tokens."""
        return f"Delivery({self.source}, {len(self.body)} bytes)"


# What the function does for itself when it is invoked with `{"<name>": {…options}}`.
COMMANDS = ("replay", "sweep", "smoke", "doctor")


class Command(NamedTuple):
    """An order from somebody who may invoke the function; `options` is what they wrote, unchecked."""

    name: str
    options: Any


class Outcome(NamedTuple):
    """What became of one job. `reason` is set where the outcome needs one; `route` is the row of ROUTES, from 1.

    `retry` means that nothing durable holds the job yet: a dead letter turns it into `dead-lettered`; `permanent`, that
    a retry alone does not help. `refused` is a
    job that CI does not know, `unverified` one that CI could not be asked about. `then` names the actions that were
    done. `late_s` is how many seconds before the invocation the job had ended, None where CI does not say.
    """

    job_id: str
    tag: str
    state: str
    outcome: OutcomeName
    route: int = 0
    bucket: str = ""
    key: str = ""
    reason: str = ""
    detail: str = ""
    then: str = ""
    late_s: int | None = None
    permanent: bool = False


class Settlement(NamedTuple):
    """What became of a delivery: an HTTP status, and each job's outcome.

    `outcome`, `reason`, `detail` and `key` speak of the delivery as a whole where it was no callback with jobs.
    """

    status: int
    jobs: tuple[Outcome, ...] = ()
    outcome: OutcomeName | None = None
    reason: str = ""
    detail: str = ""
    key: str = ""

    @property
    def outcomes(self) -> set[OutcomeName | None]:
        """Every outcome there is in it: the jobs' and its own."""
        return {self.outcome, *(job.outcome for job in self.jobs)}
