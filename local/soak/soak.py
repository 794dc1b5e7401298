"""The soak: thousands of callbacks through a cloud where little works, then no faults and the timer.

The expected results are known beforehand (`jobs`), and in the end every byte is compared (`verdict`). The function is
the real one, in instances of its own, behind both triggers.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint
from local.cloud import LocalCloud
from local.defaults import BUCKET, INPUT_KEY, PROJECT, TOKEN
from local.faults.callback_sender import CallbackSender
from local.faults.requests import Faults
from local.soak import deliveries, timers
from local.soak.jobs import ROUTES, goals
from local.soak.verdict import DEAD_LETTERS, Judge, Judged, Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from local.faults.callback_sender import Receipt
    from local.faults.callbacks import CallbackFaults
    from local.scf.server import Invocation
    from local.soak.deliveries import Delivered
    from local.soak.goal import Goal

# One request in five fails, in ways that pass: COS is busy, or the network breaks.
FAULTS = Faults.parse(
    "500=0.04,503=0.04,429=0.03,reset=0.03,lost-answer=0.03,cut-headers=0.01,cut-body=0.005,no-metadata=0.005,"
    "301=0.002,409=0.002,late=0.002,drip=0.001,slow=5"
)

# For one callback in a hundred COS takes nothing but dead letters.
OUTAGE = Faults(then="503", only=lambda asked: not asked.key.startswith(DEAD_LETTERS))

# Where COS is slow and nothing else, the function has time for so many requests one after the other.
REQUESTS = 60
SHORTEST_LIMIT_S = 2.5
# Then each batch is taken after so many tries.
MOST_TRIES = 3

COUNTS = ("healed", "kept", "found", "present", "recovered", "ignored", "failed")


@dataclass(frozen=True)
class Options:
    """The options of a soak; `jobs` is the number of results in the end, `seed` that of all random choices."""

    jobs: int
    seed: int
    instances: int
    faults: Faults
    ci: CallbackFaults
    sweep: bool = True
    batched: float = 0.2  # the share of callbacks that arrive in batches of a queue
    code_root: Path = PROJECT / "handler"
    handler: str = "index.main_handler"

    def as_dict(self) -> dict[str, Any]:
        """Return the options as the command line has them."""
        numbers = {"jobs": self.jobs, "seed": self.seed, "instances": self.instances, "sweep": self.sweep}
        return {**numbers, "faults": self.faults.summary, "ci": self.ci.summary}


@dataclass
class Report(Judged):
    """The report of a soak."""

    options: dict[str, Any]
    callbacks: int = 0  # that CI should have delivered, each once
    undelivered: int = 0
    posts: dict[str, int] = field(default_factory=dict)  # by kind
    answers: dict[str, int] = field(default_factory=dict)  # by status
    outcomes: dict[str, int] = field(default_factory=dict)
    batches: dict[str, int] = field(default_factory=dict)
    events: dict[str, float] = field(default_factory=dict)  # time and memory of the function
    faults: dict[str, int] = field(default_factory=dict)  # of the requests to COS, while there were any
    dead_letters: int = 0  # before the timer
    timer: dict[str, int] = field(default_factory=dict)
    objects: Objects = field(default_factory=Objects)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass
class Soak:
    """One soak; `watch` is called with the stage, the number done and the total."""

    options: Options
    watch: Callable[[str, int, int], None] = lambda *_: None

    def run(self) -> Report:
        """Run in a new cloud; return the report."""
        options = self.options
        report = Report(options.as_dict())
        faults = replace(options.faults, seed=options.seed)
        invocations: list[Invocation] = []
        made = goals(options.jobs, seed=options.seed, now=datetime.now(timezone.utc))
        with LocalCloud(
            triggers={"function-url": 0, "apigw": 0},
            code_root=options.code_root,
            handler=options.handler,
            faults=faults,
            instances=options.instances,
            settings={"ROUTES": ROUTES, "DEAD_LETTER": DEAD_LETTERS},
            on_invocation=invocations.append,
        ) as cloud:
            if is_slow := bool(faults.latency and not faults.rates):
                limit(cloud, faults.latency)
            with timed(report.seconds, "deliver"):
                delivered = self._deliver(cloud, made, report)
            report.events = _taken(invocations)
            report.faults = counted(faults.met)
            judge = Judge(made, delivered.receipts, delivered.parts)
            report.problems += [*judge.answers(), *judge.promises(objects_of(cloud, self.watch))]
            report.problems += delivered.late_batches(MOST_TRIES if is_slow else deliveries.MOST_TRIES)
            cloud.cos.faults = Faults()
            limit(cloud)
            self._recover(cloud, report)
            report.objects, problems = judge.end(objects_of(cloud, self.watch))
            report.problems += [*problems, *astray(cloud)]
        return report

    def _deliver(self, cloud: LocalCloud, made: Sequence[Goal], report: Report) -> Delivered:
        addresses = [trigger.address for trigger in cloud.triggers.values()]
        sender = CallbackSender(addresses, TOKEN, replace(self.options.ci, seed=self.options.seed))
        planned = deliveries.plan(cloud, sender, made, batched=self.options.batched)
        faults, down = cloud.cos.faults, replace(OUTAGE)
        count, done = len(planned.sendings), 0
        outage = range(count // 2, count // 2 + count // 100)

        def on_receipt(_: Receipt) -> None:
            nonlocal done
            done += 1
            cloud.cos.faults = down if done in outage else faults
            self.watch("deliver", min(done, count), count)

        delivered = deliveries.deliver(cloud, sender, planned, at_once=self.options.instances, on_receipt=on_receipt)
        report.callbacks, report.undelivered = planned.callbacks, planned.undelivered
        report.posts = counted(sending.kind for sending in planned.sendings)
        report.answers = counted(receipt.status for receipt in delivered.receipts)
        report.outcomes = counted(outcome for receipt in delivered.receipts for outcome in receipt.outcomes)
        report.batches = delivered.summary
        return delivered

    def _recover(self, cloud: LocalCloud, report: Report) -> None:
        """Let the timer heal and sweep, from the beginning to the end."""
        report.dead_letters = sum(key.startswith(DEAD_LETTERS) for key in cloud.listing())
        if not self.options.sweep:
            return
        known = len(cloud.cos.ci.jobs)
        try:
            with timed(report.seconds, "timer"):
                report.timer = self._heal(cloud, known)
        except timers.TimerFailedError as error:
            report.problems.append(str(error))
        report.problems += [*_unswept(report.timer, known), *timers.unhealed(cloud.listing())]

    def _heal(self, cloud: LocalCloud, known: int) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for answer in timers.until_the_end(cloud.invoke):
            counts["runs"] += 1
            counts.update({name: answer.get(name, 0) for name in COUNTS})
            self.watch("timer", min(counts["found"], known), known)
        return dict(counts)


def limit(cloud: LocalCloud, latency_s: float = 0) -> None:
    """Leave the function time for a number of requests of this latency, or for any number."""
    limit_s = max(SHORTEST_LIMIT_S, REQUESTS * latency_s) if latency_s else cloud.timeout_s
    for each in cloud.pool.instances:
        each.timeout_s = limit_s


def objects_of(cloud: LocalCloud, watch: Callable[[str, int, int], None]) -> dict[str, bytes]:
    """Return the results and dead letters of the bucket, read without faults."""
    keys = [key for key in cloud.listing() if key != INPUT_KEY and not checkpoint.is_one(key, DEAD_LETTERS)]
    objects = {}
    for at, key in enumerate(keys, 1):
        objects[key] = cloud.cos.get(BUCKET, key).body
        watch("look", at, len(keys))
    return objects


def _unswept(sweep: Mapping[str, int], known: int) -> list[str]:
    failed, found = sweep.get("failed", 0), sweep.get("found", 0)
    problems = [f"the sweep failed at {failed} jobs"] if failed else []
    return [*problems, f"the sweep found {found} of {known} jobs"] if found < known else problems


def _taken(invocations: Sequence[Invocation]) -> dict[str, float]:
    if not invocations:
        return {}
    times = sorted(invocation.duration_ms for invocation in invocations)
    return {
        "median_ms": times[len(times) // 2],
        "p99_ms": times[len(times) * 99 // 100],
        "longest_ms": times[-1],
        "cold_starts": sum(invocation.init_ms is not None for invocation in invocations),
        "most_mb": round(max(invocation.max_memory_mb for invocation in invocations)),
    }


def astray(cloud: LocalCloud) -> list[str]:
    """Return a problem for each bucket that is none of the settings'."""
    others = counted(seen.bucket for seen in cloud.cos.requests if seen.bucket != BUCKET)
    return [f"{count} requests went to the bucket {bucket}" for bucket, count in others.items()]


def counted(values: Iterable[object]) -> dict[str, int]:
    """Count values by their text, the most frequent first."""
    return dict(Counter(map(str, values)).most_common())


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Measure the seconds of the block."""
    started = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - started, 1)
