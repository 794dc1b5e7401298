"""A timer that fails, or whose instance ends, at any of its requests: the next one leaves every result (promise 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.cloud.transport import Transport
from ci_callback.function import Function
from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, STRICT_ROUTES, deployment_on
from tests.support.sweeps import ended, timer

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.deployment import Deployment

pytestmark = pytest.mark.long

BROKEN = job(JobId="broken", Tag="Transcode", Input="no element")
TIMER = {"Type": "Timer", "Message": '{"sweep": {"tags": ["SoundHound"]}}'}
PREFIX = "ci-callback/dead-letter/"


class Ended(BaseException):
    """The instance ends."""


@pytest.fixture
def deployed(hurried_cos: LocalCos) -> Deployment:
    """Return a function with two dead letters whose reason passes; one has another reason, too."""
    for key in hurried_cos.keys(BUCKET):
        hurried_cos.delete(BUCKET, key)
    deployed = deployment_on(hurried_cos, ROUTES=STRICT_ROUTES)
    hurried_cos.faults = Faults(then="503", only=lambda asked: asked.key.startswith("audio/"))
    deployed.post(body(ended(0)))
    deployed.post(body(ended(1), BROKEN))
    hurried_cos.faults = Faults()
    return deployed


def assert_healed(deployed: Deployment) -> None:
    """Assert that the next timer leaves both results, and one dead letter that waits for a person."""
    timer(deployed, tags=["SoundHound"])
    kept = [key for key in deployed.listing() if key.startswith(PREFIX) and "/sweep-" not in key]
    assert [deployed.cos.has(BUCKET, f"audio/{number}.mp3.SoundHound.json") for number in range(2)] == [True, True]
    assert [dead_letter["reason"] for dead_letter in deployed.dead_letters()] == ["bad-field"]
    assert kept[0].startswith(f"{PREFIX}2")  # the day of its arrival


@pytest.mark.parametrize("number", range(20))
@pytest.mark.parametrize("fault", ["503", "lost-answer"])
def test_after_a_fault_at_any_request_the_next_timer_heals(number: int, fault: Fault, deployed: Deployment) -> None:
    """Its three attempts are refused, or carried out with their answers lost."""
    script: list[Fault] = ["none"] * number
    deployed.cos.faults = Faults([*script, fault, fault, fault])
    deployed.send(TIMER)
    deployed.cos.faults = Faults()
    assert_healed(deployed)


@pytest.mark.parametrize("number", range(20))
def test_after_the_end_of_an_instance_at_any_request_the_next_timer_heals(
    number: int, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing after that request is carried out."""
    left = number
    exchange: Any = Transport.exchange

    def end(self: Transport, *more: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Ended
        return exchange(self, *more)

    with monkeypatch.context() as patch:
        patch.setattr(Transport, "exchange", end)
        try:
            deployed.send(TIMER)
        except Ended:
            deployed.function = Function(deployed.environ)
    assert_healed(deployed)
