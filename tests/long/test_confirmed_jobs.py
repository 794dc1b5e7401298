"""VERIFY=job in chaos: each job of a delivery answered 200 gets its result, of several instances and timers at once."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, RECORD_SECRET
from tests.support.sweeps import timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Asked
    from tests.support.deployment import Deployment

INSTANCES = 4
BODIES = 8
MOST_TRIES = 60


@pytest.mark.long
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("seed", range(4))
def test_confirmed_jobs_of_durable_deliveries_get_their_results(seed: int, deploy: Callable[..., Deployment]) -> None:
    """CI and COS fail at random, and each body is sent until one answer is 200; timers alone leave every result."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    lock = threading.Lock()
    instances = [deploy(VERIFY="job", RECORD_SECRET=RECORD_SECRET, LOG_LEVEL="ERROR") for _ in range(INSTANCES)]
    cos = instances[0].cos
    jobs = [
        [job(JobId=f"s{at}-{each}", Input={"BucketId": BUCKET, "Object": f"{at}/{each}.mp3"}) for each in range(4)]
        for at in range(BODIES)
    ]
    for each in (each for some in jobs for each in some):
        cos.ci.add(BUCKET, each)

    def fails(asked: Asked) -> bool:
        with lock:
            drawn = chance.random()
        return drawn < (0.7 if asked.service == "ci" else 0.95 if asked.key.endswith(".SoundHound.json") else 0.1)

    def send(instance: int) -> None:
        for at in range(BODIES):
            while at not in durable and tries[instance] < MOST_TRIES:
                tries[instance] += 1
                if instances[instance].post(body(*jobs[at])).status == 200:
                    durable.add(at)
            if instance == at % INSTANCES:
                timer(instances[instance], tags=["Tts"])

    durable: set[int] = set()
    tries = [0] * INSTANCES
    cos.faults = Faults(then="503", only=fails)
    with ThreadPoolExecutor(INSTANCES) as pool:
        list(pool.map(send, range(INSTANCES)))
    cos.faults = Faults()
    timer(instances[0], tags=["Tts"])
    missing = [each["JobId"] for at in durable for each in jobs[at] if not cos.has(BUCKET, result_of(each))]
    assert (missing, instances[0].dead_letters()) == ([], [])
    assert len(durable) == BODIES


def result_of(one: dict[str, dict[str, str]]) -> str:
    """Return the key of a job's result."""
    return f"{one['Input']['Object']}.SoundHound.json"
