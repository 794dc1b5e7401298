"""The deliveries of a soak: most callbacks over HTTP, one by one, others in batches of a queue."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.ci.jobs import Job
from local.defaults import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.cloud import LocalCloud
    from local.faults.callback_sender import CallbackSender, Receipt, Sending
    from local.soak.goal import Goal

# Of a batch: callbacks with one job each, and then one with many.
_RECORDS, _MANY = 60, 40

MOST_TRIES = 20  # of a batch, against an endless one

_BATCHES_AT_ONCE = 2


@dataclass(frozen=True)
class Part:
    """A job in a batch: the record's body, and the job's place in it."""

    sending: Sending
    body: bytes = field(repr=False)
    at: int = 0


@dataclass(frozen=True)
class Batch:
    """A queue's event; `parts` are its jobs in order."""

    bodies: tuple[bytes, ...] = field(repr=False)
    parts: tuple[Part, ...] = field(repr=False)

    @classmethod
    def of(cls, sendings: Sequence[Sending]) -> Batch:
        """Return a batch with a record for each callback, and one record for those beyond the first 60."""
        single = [Part(sending, sending.body) for sending in sendings[:_RECORDS]]
        many = sendings[_RECORDS:]
        details = [sending.job.detail for sending in many]
        body = json.dumps({"EventName": "TaskFinish", "JobsDetail": details}, ensure_ascii=False).encode()
        parts = [*single, *(Part(sending, body, at) for at, sending in enumerate(many))]
        return cls((*(part.body for part in single), *([body] if many else [])), tuple(parts))

    @property
    def event(self) -> dict[str, Any]:
        """The event of a CMQ trigger."""
        named = {"type": "topic", "topicName": "ci-done"}
        return {"Records": [{"CMQ": {**named, "msgBody": body.decode()}} for body in self.bodies]}


@dataclass(frozen=True)
class Plan:
    """The POSTs in order, and the batches; `callbacks` is the number of callbacks that CI should send, each once."""

    callbacks: int
    sendings: Sequence[Sending]
    batches: Sequence[Batch]

    @property
    def undelivered(self) -> int:
        """The number of callbacks that are never sent."""
        parts = [part.sending for batch in self.batches for part in batch.parts]
        return self.callbacks - len({id(each.job) for each in [*self.sendings, *parts] if each.kind == "true"})


@dataclass(frozen=True)
class Delivered:
    """The answers: `receipts` of POSTs, and how often each batch was sent."""

    receipts: list[Receipt]
    tries: list[tuple[Batch, int]]

    @property
    def parts(self) -> list[Part]:
        """The jobs of the batches that were taken."""
        return [part for batch, tries in self.tries if tries <= MOST_TRIES for part in batch.parts]

    @property
    def summary(self) -> dict[str, int]:
        """The numbers of batches that were taken, of their jobs, and of the events that it took."""
        taken = [tries for _, tries in self.tries if tries <= MOST_TRIES]
        return {"batches": len(taken), "jobs": len(self.parts), "events": sum(taken)}

    def late_batches(self, most_tries: int) -> list[str]:
        """Return a problem for each batch that took more tries."""
        late = [(len(batch.parts), tries) for batch, tries in self.tries if tries > most_tries]
        return [f"a batch of {jobs} jobs was sent {tries} times" for jobs, tries in late]


def plan(cloud: LocalCloud, sender: CallbackSender, made: Sequence[Goal], *, batched: float) -> Plan:
    """Add the jobs to CI and plan their callbacks; `batched` is the share of those in batches."""
    jobs, reviews = _known_to_ci(cloud, made), _reviews(made)
    chance = random.Random(f"{sender.faults.seed:g} batches")  # noqa: S311  # chance, no secret
    alone: list[Sending] = []
    together: list[Sending] = []
    for sending in sender.plan(jobs):
        (together if sending.kind == "true" and chance.random() < batched else alone).append(sending)
    chains = [sender.plan_verdicts(*each) for each in enumerate(reviews)]
    size = _RECORDS + _MANY
    batches = [Batch.of(together[at : at + size]) for at in range(0, len(together), size)]
    return Plan(len(jobs) + sum(map(len, reviews)), _merged(alone, chains), batches)


def deliver(
    cloud: LocalCloud, sender: CallbackSender, planned: Plan, *, at_once: int, on_receipt: Callable[[Receipt], None]
) -> Delivered:
    """Send the POSTs, `at_once` in parallel, and beside them the batches, each until it is taken."""
    with ThreadPoolExecutor(_BATCHES_AT_ONCE) as threads:
        tries = threads.map(lambda batch: (batch, _send(cloud, batch)), planned.batches)
        receipts = sender.deliver(planned.sendings, at_once=at_once, on_receipt=on_receipt)
        return Delivered(receipts, [*tries])


def _send(cloud: LocalCloud, batch: Batch) -> int:
    """Send a batch as a queue does, again while the function raises; return the tries, one too many if none helped."""
    event = batch.event
    for tries in range(1, MOST_TRIES + 1):
        if cloud.invoke(event).error is None:
            return tries
    return MOST_TRIES + 1


def _known_to_ci(cloud: LocalCloud, made: Sequence[Goal]) -> list[Job]:
    """Add every job to CI, those of one key in sequence; return them."""
    jobs = [job for goal in made for job in goal.jobs if not job.is_review]
    return [cloud.cos.ci.add(BUCKET, job.detail, family=job.family) for job in jobs]


def _reviews(made: Sequence[Goal]) -> list[list[tuple[Job, bytes]]]:
    """Return the verdicts of each review with their callbacks."""
    return [
        [(Job(BUCKET, each.family, each.detail, 0), each.body) for each in goal.jobs]
        for goal in made
        if goal.jobs[0].is_review
    ]


def _merged(sendings: list[Sending], chains: Sequence[Sequence[Sending]]) -> list[Sending]:
    """Distribute the chains evenly among the other sendings."""
    every = len(sendings) / max(len(chains), 1)
    timed = [(float(at), each) for at, each in enumerate(sendings)]
    timed += [(at * every, each) for at, chain in enumerate(chains) for each in chain]
    return [each for _, each in sorted(timed, key=lambda pair: pair[0])]
