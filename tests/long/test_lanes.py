"""A batch of which COS carries out the requests in every possible order: its end is that of one after the other."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

import pytest

from local.faults.requests import Faults
from tests.handler.inbound.test_queue import records
from tests.support.bodies import body, job
from tests.support.bucket import EMPTY, fill, read
from tests.support.deployment import deployment_on

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from local.faults.requests import Asked
    from tests.support.bucket import State
    from tests.support.deployment import Deployment

# The first is settled alone. Then there are three lanes: two results of a song, with four requests, and two others.
FIRST, SONG, OTHERS = "audio/first", "audio/song", ("audio/b", "audio/c")
JOBS = [
    job(JobId="first", Input={"Object": "audio/first.mp3"}),
    job(JobId="older", EndTime="2025-03-01T09:00:01+0800"),
    job(JobId="b", Input={"Object": "audio/b.mp3"}),
    job(JobId="newer", EndTime="2025-03-01T09:00:02+0800"),
    job(JobId="c", Input={"Object": "audio/c.mp3"}),
]
ORDERS = sorted({*itertools.permutations((*[SONG] * 4, *OTHERS))})


class InOrder:
    """Admits each request when its input has its turn."""

    def __init__(self, order: tuple[str, ...]) -> None:
        self.left = [FIRST, *order]
        self._moved = threading.Condition()

    def meet(self, asked: Asked) -> None:
        """Wait for the turn of a request; fail for one that is not expected."""
        about = asked.key.partition(".")[0]
        with self._moved:
            if not self._moved.wait_for(lambda: self.left[:1] == [about], timeout=10):
                self.left = ["a request has no turn"]
            self.left.pop(0)
            self._moved.notify_all()


def end(deployed: Deployment, kind: str, order: tuple[str, ...]) -> tuple[State, list[str]]:
    """Return the bucket and the turns that are left after a batch whose requests have this order."""
    in_order = InOrder(order)
    fill(deployed.cos, EMPTY)
    deployed.cos.faults = Faults(on_request=in_order.meet)
    event = {"body": body(*JOBS)} if kind == "jobs" else records(*map(body, JOBS))
    assert deployed.send(event)["statusCode"] == 200
    deployed.cos.faults = Faults()
    return read(deployed.cos), in_order.left


@pytest.mark.parametrize("kind", ["jobs", "records"])
def test_batch_ends_alike_in_every_order_of_its_requests(kind: str, hurried_cos: LocalCos) -> None:
    """30 orders; the newer result of the song is written over the older one in each."""
    deployed = deployment_on(hurried_cos)
    ends = [end(deployed, kind, order) for order in ORDERS]
    assert len(ends) == 30
    assert {(state, *left) for state, left in ends} == {(ends[0][0],)}
    newest = deployed.result("audio/song.mp3.SoundHound.json")
    assert newest["JobId"] == "newer"
    assert len(deployed.listing()) == 4
