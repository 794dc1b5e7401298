"""An instance killed during a delivery: answers of 2xx are durable, and a resend settles the rest.

The moments are exact: a hook between the function and COS kills the instance's process (SIGKILL) when a request
of a chosen number arrives, and then either drops that request or carries it out without an answer.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest

from ci_callback.errors import Redeliver
from ci_callback.pipeline import Pipeline
from local.cos.server import Credentials, LocalCos, StoredObject
from local.faults.requests import Faults
from local.scf.server import Invocation, LocalScf
from tests import ROOT
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, TOKEN, url_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from local.faults.requests import Fault
    from tests.support.deployment import Deployment

HANDLER = ROOT / "handler"
CREDENTIALS = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
KEY = "audio/song.mp3.SoundHound.json"
KILLED = 439  # the platform's "user process exit"

Fate = Literal["dropped", "carried out"]  # of the request during which the instance dies


@dataclass
class Platform:
    """A deployed function, COS, and faults that can kill the instance."""

    scf: LocalScf
    cos: LocalCos

    @property
    def arrived(self) -> list[str]:
        """The methods of the requests that the last delivery sent, in order."""
        return self.cos.faults.seen

    def kill(self) -> None:
        """Kill the instance's process, like a crash of its host."""
        instance = self.scf._instance
        assert instance is not None
        instance.kill()

    def deliver(self, content: str, *, fatal: int = 0, fate: Fate = "dropped") -> Invocation:
        """Deliver a callback and kill the instance during its `fatal`-th request, if any.

        That request is dropped, or its answer lost.
        """
        before: list[Fault] = ["none"] * (fatal - 1)
        faults = Faults([*before, "reset" if fate == "dropped" else "lost-answer"] if fatal else [])
        faults.on_request = lambda _: self.kill() if len(faults.seen) == fatal else None
        self.cos.faults = faults
        self.cos.forget_requests()
        invocation = self.scf.invoke(url_event(content))
        while len(self.cos.requests) < len(faults.seen):
            time.sleep(0.001)  # the platform may notice the death before COS is done with the request
        return invocation

    def reset(self, objects: Mapping[str, StoredObject]) -> None:
        """Replace all objects of the bucket."""
        for key in self.cos.keys(BUCKET):
            self.cos.delete(BUCKET, key)
        for key, stored in objects.items():
            self.cos.put(BUCKET, key, stored.body, metadata=stored.metadata)

    def objects(self) -> dict[str, StoredObject]:
        """Return all objects of the bucket."""
        return {key: self.cos.get(BUCKET, key) for key in self.cos.keys(BUCKET)}


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Return a platform for all tests of this module."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        environment = {
            "BUCKETS": f"{BUCKET}/{REGION}",
            "CALLBACK_TOKENS": TOKEN,
            "COS_ENDPOINT": cos.address,
            "ROUTES": '[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]',
        }
        with LocalScf(HANDLER, environment=environment, credentials=CREDENTIALS, timeout_s=60) as scf:
            yield Platform(scf, cos)


@dataclass(frozen=True)
class Scene:
    """A callback, the delivery before it, and its requests without disturbance."""

    content: str
    requests: list[str]
    earlier: str = ""
    foreign: bool = False


OLDER = body(job(State="Failed", EndTime="2025-03-01T09:00:02+0800"))
NEWER = body(job(EndTime="2025-03-02T09:00:09+0800", JobId="later"))
SCENES = {
    "first": Scene(body(job()), ["PUT"]),
    "duplicate": Scene(body(job()), ["PUT", "HEAD"], earlier=body(job())),
    "newer": Scene(body(job()), ["PUT", "HEAD", "PUT"], earlier=OLDER),
    "stale": Scene(body(job()), ["PUT", "HEAD"], earlier=NEWER),
    "conflict": Scene(body(job()), ["PUT", "HEAD", "HEAD", "PUT"], foreign=True),
    "nonsense": Scene("no callback", ["PUT"]),
    "nonsense-again": Scene("no callback", ["PUT", "HEAD"], earlier="no callback"),
    "several": Scene(
        body(job(), job(JobId="b", Input={"Object": "b.mp3"}), job(Input={"Object": "../c"})), ["PUT"] * 3
    ),
}


def prepare(platform: Platform, scene: Scene) -> dict[str, StoredObject]:
    """Prepare the bucket for the scene, and return its objects."""
    platform.reset({KEY: StoredObject(b"mine", "text/plain", {})} if scene.foreign else {})
    if scene.earlier:
        assert platform.deliver(scene.earlier).error is None
    return platform.objects()


def meaning(objects: Mapping[str, StoredObject]) -> dict[str, object]:
    """Return the content of objects, without arrivals and without the time and request of dead letters."""
    found: dict[str, object] = {}
    for key, stored in objects.items():
        content = json.loads(stored.body) if stored.metadata else stored.body.decode()
        if isinstance(content, dict) and "reason" in content:
            content = (content["reason"], content["body"])
        metadata = {name: re.sub(r" (?:arrived|content)=\S+", "", value) for name, value in stored.metadata.items()}
        found[key] = (content, metadata)
    return found


@pytest.mark.parametrize("name", SCENES)
def test_instance_killed_at_any_request_loses_nothing(name: str, platform: Platform) -> None:
    """Before or after COS has carried out the request; after a resend the bucket is as without the crash."""
    scene = SCENES[name]
    before = prepare(platform, scene)
    answered = platform.deliver(scene.content)
    assert answered.result["statusCode"] in {200, 400}  # settled, or a dead letter
    assert platform.arrived == scene.requests
    undisturbed = platform.objects()
    for fatal in range(1, len(scene.requests) + 1):
        for fate in ("dropped", "carried out"):
            platform.reset(before)
            killed = platform.deliver(scene.content, fatal=fatal, fate=fate)
            assert killed.error is not None
            assert killed.error["statusCode"] == KILLED  # no 2xx: nothing was promised
            assert len(platform.arrived) == fatal
            possible = [meaning(before), meaning(undisturbed)]
            for key, content in meaning(platform.objects()).items():
                assert content in [state.get(key) for state in possible]  # no object is half of one
            again = platform.deliver(scene.content)
            assert again.result["statusCode"] == answered.result["statusCode"]
            assert meaning(platform.objects()) == meaning(undisturbed)


@pytest.mark.parametrize("name", SCENES)
def test_answered_delivery_outlives_the_instance(name: str, platform: Platform) -> None:
    """The objects of an instance killed right after its reply stay, and a resend changes none."""
    scene = SCENES[name]
    prepare(platform, scene)
    answered = platform.deliver(scene.content)
    platform.kill()
    settled = platform.objects()
    assert settled
    assert platform.deliver(scene.content).error is not None  # the platform learns that the instance is gone
    again = platform.deliver(scene.content)
    assert again.result["statusCode"] == answered.result["statusCode"]
    assert platform.objects() == settled


@pytest.mark.parametrize("fate", ["dropped", "carried out"])
def test_repeatedly_killed_delivery_is_settled(fate: Fate, platform: Platform) -> None:
    """By the first instance that is not killed."""
    scene = SCENES["several"]
    platform.reset({})
    for fatal in (1, 2, 3, 1, 2, 3):
        assert platform.deliver(scene.content, fatal=fatal, fate=fate).error is not None
    last = platform.deliver(scene.content)
    outcomes = [each["outcome"] for each in json.loads(last.result["body"])["jobs"]]
    assert outcomes[2] == "dead-lettered"
    assert set(outcomes[:2]) <= {"written", "duplicate"}
    assert [key for key in platform.objects() if key.endswith(".SoundHound.json")] == [KEY, "b.mp3.SoundHound.json"]
    assert len(platform.objects()) == 3


QUEUED = {"Records": [{"CMQ": {"type": "topic", "topicName": "t", "msgBody": body(job())}}]}


@pytest.mark.parametrize("broken", [{"BUCKETS": ""}, {"TENCENTCLOUD_SECRETID": ""}], ids=["settings", "role"])
def test_misconfigured_function_redelivers_queue_records(
    broken: dict[str, str], deploy: Callable[..., Deployment]
) -> None:
    """Any reply acknowledges the records, even a 500."""
    with pytest.raises(Redeliver):
        deploy(**broken).send(QUEUED)


def test_internal_error_keeps_queue_records(deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch) -> None:
    """A record with an internal error is kept whole in a dead letter."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Pipeline, "settle", broken)
    deployed = deploy()
    deployed.send(QUEUED)
    assert [dead_letter["body"] for dead_letter in deployed.dead_letters()] == [body(job())]


THEN = json.dumps(
    [{"tag": "*", "state": "*", "write": "{object}.{tag}.json", "then": [{"invoke": "f1"}, {"topic": "t1"}]}]
)


@pytest.fixture(scope="module")
def acting() -> Iterator[Platform]:
    """Return a platform whose function has two actions."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        environment = {
            "BUCKETS": f"{BUCKET}/{REGION}",
            "CALLBACK_TOKENS": TOKEN,
            "COS_ENDPOINT": cos.address,
            "ROUTES": THEN,
        }
        with LocalScf(HANDLER, environment=environment, credentials=CREDENTIALS, timeout_s=60) as scf:
            yield Platform(scf, cos)


# The action during which the instance dies, and all actions after the resend: those not noted run again, with the
# same id.
@pytest.mark.parametrize(("fatal", "done"), [(1, ["invoke", "invoke", "topic"]), (2, ["invoke", "topic"] * 2)])
def test_instance_killed_before_an_action_leaves_none_undone(fatal: int, done: list[str], acting: Platform) -> None:
    """The object is stored; a resend finds no action noted, and runs them."""
    acting.reset({})
    receivers = acting.cos.receivers
    receivers.arrived.clear()
    receivers.on_arrival = lambda _: acting.kill() if len(receivers.arrived) == fatal else None
    assert acting.deliver(body(job())).error is not None
    assert list(acting.objects()) == [KEY]
    assert "done=" not in acting.objects()[KEY].metadata["ci-callback"]
    receivers.on_arrival = lambda _: None
    again = json.loads(acting.deliver(body(job())).result["body"])["jobs"][0]
    assert (again["outcome"], again["then"]) == ("duplicate", "invoke:f1,topic:t1")
    assert [each.kind for each in receivers.arrived] == done
    assert len({each.id for each in receivers.arrived}) == 1
    assert acting.deliver(body(job())).error is None
    assert len(receivers.arrived) == len(done)


@pytest.mark.parametrize("fatal", [1, 2, 3])
@pytest.mark.parametrize("fate", ["dropped", "carried out"])
def test_instance_with_actions_killed_at_any_request_loses_nothing(fatal: int, fate: Fate, acting: Platform) -> None:
    """At its PUT, its HEAD or its copy; after a resend no action is missing."""
    acting.reset({})
    receivers = acting.cos.receivers
    receivers.arrived.clear()
    receivers.on_arrival = lambda _: None
    assert acting.deliver(body(job()), fatal=fatal, fate=fate).error is not None
    assert bool(receivers.arrived) == (fatal > 1)
    assert acting.deliver(body(job())).result["statusCode"] == 200
    assert {each.kind for each in receivers.arrived} == {"invoke", "topic"}
    assert len({each.id for each in receivers.arrived}) == 1
    assert list(acting.objects()) == [KEY]
    so_far = len(receivers.arrived)
    assert acting.deliver(body(job())).error is None
    assert len(receivers.arrived) == so_far
