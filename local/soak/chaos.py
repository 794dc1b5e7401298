"""The chaos run: everything that may go wrong at once goes wrong, and then there are timer events alone.

Instances are killed in the middle of events, COS is slow, or down, a stranger edits what it can (`uploader`), and two
timers run at once beside the deliveries. Nothing is replayed by hand.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from local.cloud import LocalCloud
from local.defaults import PROJECT, TOKEN
from local.faults.callback_sender import CallbackSender
from local.faults.requests import Faults
from local.scf.pool import ScfPool
from local.soak import deliveries, soak, timers
from local.soak.jobs import ROUTES, goals
from local.soak.uploader import Uploader
from local.soak.verdict import DEAD_LETTERS, Judge, Judged, Objects

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from local.faults.callback_sender import Receipt
    from local.faults.callbacks import CallbackFaults
    from local.faults.requests import Asked, Fault
    from local.soak.deliveries import Delivered
    from local.soak.goal import Goal

# Within the overlap of a sweep's windows: a job that is younger is looked at again.
_OLDEST_S = 300

_TIMERS = 2  # at once
_TIMER_LIMIT_S = 10  # too little for all jobs while COS is slow: the next run continues
_BATCHED = 0.5  # of the callbacks
_OF_A_KILL = frozenset({403, 502})  # the answers of API Gateway and function URL to a crash


@dataclass(frozen=True)
class Phase:
    """A part of the run: for its first requests COS is `down`, then it has `faults`; one request in `killing` kills."""

    name: str
    faults: Faults = field(default_factory=Faults)
    down: int = 0  # for so many requests for each instance
    killing: int = 0

    def start(self, seed: int, instances: int, kill: Callable[[], None]) -> Faults:
        """Return the faults of COS, of which some kill an instance."""
        script: list[Fault] = ["503"] * (self.down * instances)
        faults = replace(self.faults, seed=seed, script=script, seen=[], met=[])

        def on_request(_: Asked) -> None:
            if self.killing and len(faults.seen) % self.killing == 0:
                kill()

        faults.on_request = on_request
        return faults


PHASES = (
    Phase("COS takes dead letters alone", Faults(only=soak.OUTAGE.only), down=20),
    Phase("COS is slow", Faults.parse("slow")),
    Phase("instances are killed", replace(soak.FAULTS, slow=1), killing=40),
    Phase("COS is down", down=20),
)


@dataclass(frozen=True)
class Options:
    """The options of a chaos run; `jobs` is the number of results in the end, `seed` that of all random choices."""

    jobs: int
    seed: int
    instances: int
    ci: CallbackFaults
    code_root: Path = PROJECT / "handler"
    handler: str = "index.main_handler"

    def as_dict(self) -> dict[str, Any]:
        """Return the options as the command line has them."""
        return {"jobs": self.jobs, "seed": self.seed, "instances": self.instances, "ci": self.ci.summary}


@dataclass
class Report(Judged):
    """The report of a chaos run."""

    options: dict[str, Any]
    callbacks: int = 0  # that CI should have delivered, each once
    undelivered: int = 0
    posts: Counter[str] = field(default_factory=Counter)  # by kind
    answers: Counter[str] = field(default_factory=Counter)  # by status
    batches: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)  # of the requests to COS and CI
    kills: int = 0
    uploads: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)  # timers beside the deliveries
    timer: Counter[str] = field(default_factory=Counter)  # after them
    objects: Objects = field(default_factory=Objects)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Chaos:
    """One chaos run; `watch` is called with the stage, the number done and the total."""

    def __init__(self, options: Options, watch: Callable[[str, int, int], None] = lambda *_: None) -> None:
        self.options = options
        self.watch = watch
        self.report = Report(options.as_dict())
        self._chance = random.Random(options.seed)  # noqa: S311  # chance, no secret
        self._goals: list[Goal] = []
        self._receipts: list[Receipt] = []

    def run(self) -> Report:
        """Run in a new cloud; return the report."""
        options, report = self.options, self.report
        made = goals(options.jobs, seed=options.seed, now=datetime.now(timezone.utc), oldest_s=_OLDEST_S)
        with (
            LocalCloud(
                triggers={"function-url": 0, "apigw": 0},
                code_root=options.code_root,
                handler=options.handler,
                instances=options.instances,
                settings={"ROUTES": ROUTES, "DEAD_LETTER": DEAD_LETTERS},
            ) as cloud,
            ScfPool(replace(cloud.scf, timeout_s=_TIMER_LIMIT_S), _TIMERS) as timer,
        ):
            uploader = Uploader(cloud.cos, self._chance)
            for number, phase in enumerate(PHASES):
                with soak.timed(report.seconds, phase.name):
                    part = uploader.take_keys(made[number :: len(PHASES)])
                    self._goals += part
                    delivered = self._pass(phase, part, cloud, timer)
                    self._judge(phase, delivered, cloud, uploader)
                    uploader.edit(self._goals)
            soak.limit(cloud)
            with soak.timed(report.seconds, "timer"):
                self._heal(timer)
            self._end(cloud, uploader)
        return report

    def _pass(self, phase: Phase, part: Sequence[Goal], cloud: LocalCloud, timer: ScfPool) -> Delivered:
        """Deliver callbacks during a phase, and run timers beside them."""
        options, report = self.options, self.report
        addresses = [trigger.address for trigger in cloud.triggers.values()]
        ci = replace(options.ci, seed=options.seed)
        # A PUT of a killed instance may still be carried out: a verdict after it would meet the window of promise 2.
        sender = CallbackSender(addresses, TOKEN, ci, before_repeat=cloud.cos.finish_abandoned)
        planned = deliveries.plan(cloud, sender, part, batched=_BATCHED)
        faults = phase.start(options.seed, options.instances, lambda: self._kill(cloud, timer))
        soak.limit(cloud, faults.latency)
        cloud.cos.faults = faults
        done = 0

        def on_receipt(_: object) -> None:
            nonlocal done
            done += 1
            self.watch(phase.name, min(done, len(planned.sendings)), len(planned.sendings))

        with ThreadPoolExecutor(1) as threads:
            beside = threads.submit(self._run_beside, timer)
            delivered = deliveries.deliver(cloud, sender, planned, at_once=options.instances, on_receipt=on_receipt)
            beside.result()
        cloud.cos.faults = Faults()
        report.callbacks += planned.callbacks
        report.undelivered += planned.undelivered
        report.posts.update(sending.kind for sending in planned.sendings)
        report.answers.update(str(receipt.status) for receipt in delivered.receipts)
        report.batches.update(delivered.summary)
        report.faults.update(faults.met)
        return delivered

    def _kill(self, cloud: LocalCloud, timer: ScfPool) -> None:
        """Kill an instance, also that of a timer."""
        self._chance.choice([*cloud.pool.instances, *timer.instances]).kill()
        self.report.kills += 1

    def _run_beside(self, timer: ScfPool) -> None:
        try:
            reports = timers.run_at_once(timer.invoke, _TIMERS)
            self.report.beside["done"] += 1
            self.report.beside["recovered"] += sum(report.get("recovered", 0) for report in reports)
        except timers.TimerFailedError:  # COS is down, or the instance was killed
            self.report.beside["failed"] += 1

    def _judge(self, phase: Phase, delivered: Delivered, cloud: LocalCloud, uploader: Uploader) -> None:
        """Note each answer that is wrong, or not true now: what the uploader replaces later was there."""
        judge = Judge(self._goals, delivered.receipts, delivered.parts)
        bucket = {**self._own(cloud, uploader), **uploader.replaced}
        most_tries = soak.MOST_TRIES if phase.faults.latency else deliveries.MOST_TRIES
        problems = [
            *judge.answers(_OF_A_KILL if self.report.kills else frozenset()),
            *judge.promises(bucket),
            *delivered.late_batches(most_tries),
        ]
        self.report.problems += [f"{phase.name}: {problem}" for problem in problems]
        self._receipts += delivered.receipts

    def _heal(self, timer: ScfPool) -> None:
        """Let timers heal and sweep, two at once, until they find nothing to do."""
        try:
            for answer in timers.until_the_end(timer.invoke, _TIMERS):
                self.report.timer["runs"] += 1
                self.report.timer.update({name: answer.get(name, 0) for name in soak.COUNTS})
                self.watch("timer", self.report.timer["found"], self.report.callbacks)
        except timers.TimerFailedError as error:
            self.report.problems.append(str(error))

    def _end(self, cloud: LocalCloud, uploader: Uploader) -> None:
        """Judge the objects in the end."""
        bucket = self._own(cloud, uploader)
        self.report.objects, problems = Judge(self._goals, self._receipts).end(bucket)
        self.report.problems += [*problems, *timers.unhealed(bucket), *uploader.changed(), *soak.astray(cloud)]
        self.report.uploads = uploader.counts

    def _own(self, cloud: LocalCloud, uploader: Uploader) -> dict[str, bytes]:
        """Return the objects of the function."""
        found = soak.objects_of(cloud, self.watch)
        return {key: content for key, content in found.items() if key not in uploader.objects}
