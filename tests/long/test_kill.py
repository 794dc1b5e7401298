"""The instance killed in the middle of a delivery: what was answered 2xx is durable, the rest is mended by a resend.

The moments are exact: a hook between the function and COS kills the instance's process (SIGKILL) when a request
of a chosen number arrives, and then either drops that request or carries it out without an answer.
"""

from __future__ import annotations

import json
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

pytestmark = pytest.mark.long

HANDLER = ROOT / "handler"
CREDENTIALS = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
KEY = "audio/song.mp3.SoundHound.json"
KILLED = 439  # the platform's "user process exit"

Fate = Literal["dropped", "carried out"]  # of the request in whose middle the instance dies


@dataclass
class Platform:
    """A function as deployed, COS, and faults that can kill its instance."""

    scf: LocalScf
    cos: LocalCos

    @property
    def arrived(self) -> list[str]:
        """The methods of the requests that the last delivery sent, in order."""
        return self.cos.faults.seen

    def kill(self) -> None:
        """End the instance's process at once, as a crash of its host would."""
        instance = self.scf._instance
        assert instance is not None
        instance.kill()

    def deliver(self, content: str, *, fatal: int = 0, fate: Fate = "dropped") -> Invocation:
        """Return what comes of a callback, in the middle of whose `fatal`-th request the instance is killed.

        That request is then dropped, or its answer lost; no `fatal` kills nothing.
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
        """Let the bucket hold these objects only."""
        for key in self.cos.keys(BUCKET):
            self.cos.delete(BUCKET, key)
        for key, stored in objects.items():
            self.cos.put(BUCKET, key, stored.body, metadata=stored.metadata)

    def objects(self) -> dict[str, StoredObject]:
        """Return all that the bucket holds."""
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
    """A callback, what was delivered before it, and the requests it takes undisturbed."""

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
    """Bring the bucket to where the scene begins, and return what it holds."""
    platform.reset({KEY: StoredObject(b"mine", "text/plain", {})} if scene.foreign else {})
    if scene.earlier:
        assert platform.deliver(scene.earlier).error is None
    return platform.objects()


def meaning(objects: Mapping[str, StoredObject]) -> dict[str, object]:
    """Return what objects say, without when and for which request a letter was written."""
    said: dict[str, object] = {}
    for key, stored in objects.items():
        content = json.loads(stored.body) if stored.metadata else stored.body.decode()
        if isinstance(content, dict) and "reason" in content:
            content = (content["reason"], content["body"])
        said[key] = (content, dict(stored.metadata))
    return said


@pytest.mark.parametrize("name", SCENES)
def test_an_instance_killed_at_any_request_loses_nothing(name: str, platform: Platform) -> None:
    """Killed before or after COS has carried out each of its requests; a resend then ends as if nothing had been."""
    scene = SCENES[name]
    before = prepare(platform, scene)
    answered = platform.deliver(scene.content)
    assert answered.result["statusCode"] in {200, 400}  # settled, a letter too
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
            for key, said in meaning(platform.objects()).items():
                assert said in [state.get(key) for state in possible]  # no object is half of one
            again = platform.deliver(scene.content)
            assert again.result["statusCode"] == answered.result["statusCode"]
            assert meaning(platform.objects()) == meaning(undisturbed)


@pytest.mark.parametrize("name", SCENES)
def test_what_was_answered_outlives_the_instance(name: str, platform: Platform) -> None:
    """Killed right after its reply, the instance takes nothing along: the objects stay, and a resend changes none."""
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
def test_an_instance_killed_again_and_again_gets_there(fate: Fate, platform: Platform) -> None:
    """A delivery killed at each of its requests in turn, with no break between, is settled by the first that lives."""
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
def test_a_queue_keeps_its_records_while_nobody_is_served(
    broken: dict[str, str], deploy: Callable[..., Deployment]
) -> None:
    """Any reply acknowledges a queue's records, a 500 too; so a misconfigured function must raise instead."""
    with pytest.raises(Redeliver):
        deploy(**broken).send(QUEUED)


def test_a_queue_keeps_a_record_that_met_a_defect_of_ours(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that ends in an internal error is nowhere durable; the queue must send it again."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Pipeline, "settle", broken)
    with pytest.raises(Redeliver):
        deploy().send(QUEUED)


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


# At which action the instance dies, and what has been done once the callback has come again: what was done and not
# noted is done again, under the same id.
@pytest.mark.parametrize(("fatal", "done"), [(1, ["invoke", "invoke", "topic"]), (2, ["invoke", "topic"] * 2)])
def test_an_instance_killed_between_write_and_action_leaves_none_undone(
    fatal: int, done: list[str], acting: Platform
) -> None:
    """The object is there, so nobody writes it again; a resend finds no action noted, and does them."""
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
def test_an_instance_with_actions_killed_at_any_request_loses_nothing(fatal: int, fate: Fate, acting: Platform) -> None:
    """Killed at its PUT, at its look or at its note: a resend ends as if nothing had been, and nothing is undone."""
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
