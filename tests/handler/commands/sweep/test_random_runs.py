"""Random jobs, runs and faults: every job that ends within `hours` gets its result."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ci_callback.commands import timer
from ci_callback.commands.limits import LIMITS
from ci_callback.commands.sweep.cursor import stamp
from ci_callback.function import RUNS, Function
from local.faults.requests import Faults
from tests.support.bodies import job
from tests.support.deployment import BUCKET, deployment_on

if TYPE_CHECKING:
    from ci_callback.pipeline import Pipeline
    from local.cos.server import LocalCos
    from local.faults.requests import Asked

FAULTS = ("none", "CI fails midway", "CI is down", "a Tag is not listed", "a Tag is refused", "COS is down")

# Minutes that pass, jobs created meanwhile (Tag, age at the end, duration), jobs that a run reaches, a fault.
Step = tuple[int, list[tuple[int, int, int]], int, str]

STEPS = st.lists(
    st.tuples(
        st.integers(1, 300),
        st.lists(st.tuples(st.integers(0, 1), st.integers(0, 60), st.integers(0, 1380)), max_size=6),
        st.integers(1, 6),
        st.sampled_from(FAULTS),
    ),
    min_size=1,
    max_size=12,
)


class World:
    """A function with a clock of its own, and the jobs of two Tags in CI; as `datetime` it gives the time."""

    def __init__(self, cos: LocalCos) -> None:
        self.time = datetime.now(timezone.utc).replace(microsecond=0)
        self.jobs: dict[str, tuple[str, datetime, datetime]] = {}  # by id: Tag, creation, end
        self.name = uuid.uuid4().hex[:8]
        self.tags = [f"A{self.name}", f"B{self.name}"]
        routes = f'[{{"tag":"*","state":"*","write":"{self.name}/{{job_id}}.json"}}]'
        self.deployed = deployment_on(cos, ROUTES=routes, DEAD_LETTER=f"{self.name}/letters/")
        self.deployed.function = Function(self.deployed.environ, {**RUNS, "timer": self._run})
        self.limits = LIMITS

    def _run(self, pipeline: Pipeline, options: object) -> dict[str, Any]:
        return timer.run(pipeline, options, self.limits)

    def now(self, _zone: timezone) -> datetime:
        """Return the time."""
        return self.time

    def pass_time(self, minutes: int, created: list[tuple[int, int, int]]) -> None:
        """Advance the clock; meanwhile jobs are created, and others end."""
        self.time += timedelta(minutes=minutes)
        for tag, age, takes in created:
            begin = self.time - timedelta(minutes=min(age, minutes))
            job_id = f"{self.name}-{len(self.jobs)}"
            self.jobs[job_id] = self.tags[tag], begin, begin + timedelta(minutes=takes)
        for job_id, (name, begin, end) in self.jobs.items():
            state = "Success" if end <= self.time else "Running"
            times = {"CreationTime": stamp(begin), "EndTime": stamp(end)}
            self.deployed.cos.ci.add(BUCKET, job(JobId=job_id, Tag=name, State=state, **times))

    def sweep(self, fault: str) -> None:
        """Sweep by timer, with a fault; the function answers all the same."""
        requests: list[Asked] = []

        def is_met(request: Asked) -> bool:
            requests.append(request)
            to_ci = sum(each.service == "ci" for each in requests)
            return {
                "none": False,
                "CI fails midway": request.service == "ci" and to_ci > 2,
                "CI is down": request.service == "ci",
                "a Tag is not listed": f"tag={self.tags[0]}" in request.query,
                "a Tag is refused": f"tag={self.tags[1]}" in request.query,
                "COS is down": request.key.startswith(f"{self.name}/{self.name}"),
            }[fault]

        self.deployed.cos.faults = Faults(only=is_met, then="403" if fault == "a Tag is refused" else "500")
        message = json.dumps({"sweep": {"tags": self.tags}})
        reply = self.deployed.send({"Type": "Timer", "TriggerName": "sweep", "Message": message})
        assert reply["statusCode"] in {200, 503}
        self.deployed.cos.faults = Faults()

    def lost(self) -> list[str]:
        """Return the jobs that have ended and have no result."""
        present = set(self.deployed.listing())
        ended = [job_id for job_id, (_, _, end) in self.jobs.items() if end <= self.time]
        return [job_id for job_id in ended if f"{self.name}/{job_id}.json" not in present]


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(steps=STEPS, includes_ends=st.booleans())
def test_every_job_that_ends_within_the_hours_gets_its_result(
    steps: list[Step],
    includes_ends: bool,  # noqa: FBT001 - hypothesis passes parameters by name
    hurried_cos: LocalCos,
) -> None:
    """Jobs in any number that take up to 23 hours, runs that reach few, a CI and a COS that fail: none is missed."""
    world = World(hurried_cos)
    hurried_cos.ci.includes_ends = includes_ends
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ci_callback.function.datetime", world)
        for minutes, jobs, reach, fault in steps:
            world.limits = LIMITS._replace(jobs=reach, page=3)
            world.pass_time(minutes, jobs)
            world.sweep(fault)
        world.pass_time(1380, [])
        world.limits = LIMITS._replace(page=10)
        for _ in range(3):  # the rest of the window at hand, jobs held in it, and one more
            world.sweep("none")
    assert world.lost() == []
