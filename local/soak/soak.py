"""The soak: thousands of callbacks through a cloud where little works, then no faults and the timer.

The expected results are known beforehand (`jobs`), and in the end every byte is compared (`verdict`). The function is
the real one, in instances of its own, behind both triggers.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint
from ci_callback.results.dead_letter import RETRY
from local.ci.jobs import Job
from local.cloud import LocalCloud
from local.defaults import BUCKET, INPUT_KEY, PROJECT, TOKEN
from local.faults.callback_sender import CallbackSender
from local.faults.requests import Faults
from local.soak.jobs import ROUTES, goals
from local.soak.verdict import DEAD_LETTERS, Judge, Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from local.faults.callback_sender import Receipt, Sending
    from local.faults.callbacks import CallbackFaults
    from local.scf.server import Invocation
    from local.soak.goal import Goal

# One request in five fails. Most are transient, as of a busy service; a retry does not fix the others.
FAULTS = Faults.parse(
    "500=0.04,503=0.04,429=0.03,reset=0.03,lost-answer=0.03,cut-headers=0.01,cut-body=0.005,no-metadata=0.005,"
    "403=0.002,301=0.002,409=0.002,412=0.001,late=0.002,drip=0.001,slow=5"
)

# For one callback in a hundred COS takes nothing but dead letters.
OUTAGE = Faults(then="503", only=lambda asked: not asked.key.startswith(DEAD_LETTERS))

_TIMER = {"Type": "Timer", "TriggerName": "sweep", "Time": "2025-04-05T06:00:00Z", "Message": ""}
_COUNTS = ("healed", "kept", "found", "present", "recovered", "ignored", "failed")

_OK = 200
_MOST_RUNS = 1000  # of one command: far more than any soak needs, against an endless one


@dataclass(frozen=True)
class Options:
    """The options of a soak; `jobs` is the number of results in the end, `seed` that of all random choices."""

    jobs: int
    seed: int
    instances: int
    faults: Faults
    ci: CallbackFaults
    sweep: bool = True
    code_root: Path = PROJECT / "handler"
    handler: str = "index.main_handler"

    def as_dict(self) -> dict[str, Any]:
        """Return the options as the command line has them."""
        numbers = {"jobs": self.jobs, "seed": self.seed, "instances": self.instances, "sweep": self.sweep}
        return {**numbers, "faults": self.faults.summary, "ci": self.ci.summary}


@dataclass
class Report:
    """The report of a soak; it is `ok` without `problems`."""

    options: dict[str, Any]
    callbacks: int = 0  # that CI should have delivered, each once
    undelivered: int = 0
    posts: dict[str, int] = field(default_factory=dict)  # by kind
    answers: dict[str, int] = field(default_factory=dict)  # by status
    outcomes: dict[str, int] = field(default_factory=dict)
    events: dict[str, float] = field(default_factory=dict)  # time and memory of the function
    requests: int = 0  # to COS, while there were faults
    faults: dict[str, int] = field(default_factory=dict)
    dead_letters: int = 0  # before the replay
    sweep: dict[str, int] = field(default_factory=dict)
    replay: dict[str, int] = field(default_factory=dict)
    objects: Objects = field(default_factory=Objects)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True if every guarantee is kept."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """Return the report as in JSON."""
        return {"ok": self.ok, **asdict(self)}


class CommandFailedError(Exception):
    """A command of the function failed."""


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
            with _timed(report.seconds, "deliver"):
                receipts = self._deliver(cloud, made, report)
            report.events = _taken(invocations)
            report.requests, report.faults = len(faults.met), _counts(faults.met)
            judge = Judge(made, receipts)
            report.problems += [*judge.answers(), *judge.promises(self._objects(cloud))]
            cloud.cos.faults = Faults()
            self._recover(cloud, report)
            report.objects, problems = judge.end(self._objects(cloud))
            report.problems += [*problems, *_astray(cloud)]
        return report

    def _deliver(self, cloud: LocalCloud, made: Sequence[Goal], report: Report) -> list[Receipt]:
        addresses = [trigger.address for trigger in cloud.triggers.values()]
        sender = CallbackSender(addresses, TOKEN, replace(self.options.ci, seed=self.options.seed))
        jobs, reviews = _known_to_ci(cloud, made), _reviews(made)
        faults, down = cloud.cos.faults, replace(OUTAGE)
        sendings = _merged(sender.plan(jobs), [sender.plan_verdicts(*each) for each in enumerate(reviews)])
        done = 0
        outage = range(len(sendings) // 2, len(sendings) // 2 + len(sendings) // 100)

        def on_receipt(_: Receipt) -> None:
            nonlocal done
            done += 1
            cloud.cos.faults = down if done in outage else faults
            self.watch("deliver", min(done, len(sendings)), len(sendings))

        receipts = sender.deliver(sendings, at_once=self.options.instances, on_receipt=on_receipt)
        true = {id(sending.job) for sending in sendings if sending.kind == "true"}
        report.callbacks = len(jobs) + sum(map(len, reviews))
        report.undelivered = report.callbacks - len(true)
        report.posts = _counts(sending.kind for sending in sendings)
        report.answers = _counts(receipt.status for receipt in receipts)
        report.outcomes = _counts(outcome for receipt in receipts for outcome in receipt.outcomes)
        return receipts

    def _objects(self, cloud: LocalCloud) -> dict[str, bytes]:
        """Return the results and dead letters of the bucket, read without faults."""
        keys = [key for key in cloud.listing() if key != INPUT_KEY and not checkpoint.is_one(key, DEAD_LETTERS)]
        objects = {}
        for at, key in enumerate(keys, 1):
            objects[key] = cloud.cos.get(BUCKET, key).body
            self.watch("look", at, len(keys))
        return objects

    def _recover(self, cloud: LocalCloud, report: Report) -> None:
        """Let the timer heal and sweep once, from the beginning to the end, then replay what waits for a person."""
        known = len(cloud.cos.ci.jobs)
        report.dead_letters = sum(key.startswith(DEAD_LETTERS) for key in cloud.listing())
        try:
            if self.options.sweep:
                with _timed(report.seconds, "sweep"):
                    report.sweep = self._sweep(cloud, known)
                report.problems += [*_unswept(report.sweep, known), *_unhealed(cloud)]
            with _timed(report.seconds, "replay"):
                report.replay = self._replay(cloud, report.dead_letters)
        except CommandFailedError as error:
            report.problems.append(str(error))

    def _sweep(self, cloud: LocalCloud, known: int) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for answer in _timed_runs(cloud):
            counts["runs"] += 1
            counts.update({name: answer[name] for name in _COUNTS})
            self.watch("sweep", min(counts["found"], known), known)
        return dict(counts)

    def _replay(self, cloud: LocalCloud, dead_letters: int) -> dict[str, int]:
        counts: Counter[str] = Counter()
        for answer in _replays(cloud):
            counts["runs"] += 1
            counts.update(result["outcome"] for result in answer["results"])
            self.watch("replay", min(counts.total() - counts["runs"], dead_letters), dead_letters)
        return dict(counts)


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


def _timed_runs(cloud: LocalCloud) -> Iterator[dict[str, Any]]:
    """Send timer events, and yield their reports, until there is no `next`; raise CommandFailedError."""
    yield from _until_the_end("timer", lambda _: _obeyed(cloud, "timer", _TIMER))


def _replays(cloud: LocalCloud) -> Iterator[dict[str, Any]]:
    """Replay, and yield the reports, until there is no `next`; raise CommandFailedError."""

    def replay(begin: Any) -> dict[str, Any]:
        return _obeyed(cloud, "replay", {"replay": {"remove": True, **({"next": begin} if begin else {})}})

    yield from _until_the_end("replay", replay)


def _until_the_end(command: str, run: Callable[[Any], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the report of each run, which gets the last `next`; raise CommandFailedError for a command without end."""
    begin = None
    for _ in range(_MOST_RUNS):
        report = run(begin)
        yield report
        begin = report["next"]
        if begin is None:
            return
    raise CommandFailedError(f"the {command} did not come to an end in {_MOST_RUNS} runs")


def _obeyed(cloud: LocalCloud, command: str, event: Any) -> dict[str, Any]:
    """Return the report of a command; raise CommandFailedError."""
    invocation = cloud.invoke(event)
    if invocation.error is not None or invocation.result["statusCode"] != _OK:
        raise CommandFailedError(f"the {command} failed: {invocation.error or invocation.result}")
    report: dict[str, Any] = json.loads(invocation.result["body"])
    return report


def _unhealed(cloud: LocalCloud) -> list[str]:
    """Return a problem for each dead letter with a reason that passes."""
    passing = (key for key in cloud.listing() if key.startswith(f"{DEAD_LETTERS}{RETRY}"))
    return [f"the timer has left {key}" for key in passing]


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


def _astray(cloud: LocalCloud) -> list[str]:
    others = _counts(seen.bucket for seen in cloud.cos.requests if seen.bucket != BUCKET)
    return [f"{count} requests went to the bucket {bucket}" for bucket, count in others.items()]


def _counts(values: Iterable[object]) -> dict[str, int]:
    return dict(Counter(map(str, values)).most_common())


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Measure the seconds of the block."""
    started = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - started, 1)
