"""Buckets with versions, where COS ignores forbid-overwrite: guarantee 2 holds by the order of versions."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from local.cos.server import Credentials, LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.support.bodies import body, job
from tests.support.bucket import read
from tests.support.deployment import BUCKET, REGION, Deployment
from tests.support.races.gate import in_every_order
from tests.support.races.moves import BODIES, FOREIGN, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.faults.requests import Fault

KEY = "audio/song.mp3.SoundHound.json"
ONE_KEY = '[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'

FAILED = body(job(State="Failed", EndTime="2025-03-01T09:00:02+0800"))
SUCCESS = body(job(EndTime="2025-03-01T09:00:09+0800"))
NEWER = body(job(EndTime="2025-03-02T09:00:00+0800", JobId="later"))


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS whose bucket has versions, without faults."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    with LocalCos(buckets={BUCKET: REGION}, credentials=credentials, versioned={BUCKET}, faults=Faults()) as running:
        yield running


@pytest.fixture
def cold(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function that has not noticed yet that the bucket has versions."""
    return deploy(ROUTES=ONE_KEY)


@pytest.fixture
def warm(deploy: Callable[..., Deployment], cos: LocalCos) -> Deployment:
    """Return a function that has noticed that the bucket has versions."""
    deployed = deploy(ROUTES=ONE_KEY)
    deployed.post(body(job(Input={"Object": "warm"})))
    cos.forget_requests()
    return deployed


def versions(cos: LocalCos, key: str = KEY) -> list[str]:
    """Return the ids of an object's versions, the newest first."""
    return [each.version_id for each in cos.versions(BUCKET) if each.name == key]


def written_before(deployed: Deployment, cos: LocalCos, content: str) -> list[str]:
    """Deliver a callback, return its versions and forget its requests."""
    assert deployed.post(content).status == 200
    cos.forget_requests()
    return versions(cos)


def test_cold_instance_notices_versions_by_its_first_put(cold: Deployment) -> None:
    """The PUT's answer has a version, so the versions are listed; the next delivery sends a HEAD first."""
    assert cold.post(SUCCESS).outcomes == ["written"]
    assert cold.methods == ["PUT", "GET"]
    cold.cos.forget_requests()
    assert cold.post(body(job(Input={"Object": "b"}))).outcomes == ["written"]
    assert cold.methods == ["HEAD", "PUT", "GET"]


def test_duplicate_leaves_the_stored_version(cold: Deployment, deploy: Callable[..., Deployment]) -> None:
    """A warm instance puts nothing; a cold one removes its own version again."""
    before = written_before(cold, cold.cos, SUCCESS)
    assert cold.post(SUCCESS).outcomes == ["duplicate"]
    assert cold.methods == ["HEAD", "GET"]
    cold.cos.forget_requests()
    assert deploy(ROUTES=ONE_KEY).post(SUCCESS).outcomes == ["duplicate"]
    assert cold.methods == ["PUT", "GET", "HEAD", "DELETE"]
    assert versions(cold.cos) == before


@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_foreign_object_stays_the_current_version(
    is_warm: bool,  # noqa: FBT001  # a parameter of the test
    cold: Deployment,
    request: pytest.FixtureRequest,
) -> None:
    """It is covered only until the versions are listed; the callback becomes a dead letter."""
    deployed = request.getfixturevalue("warm") if is_warm else cold
    deployed.cos.put(BUCKET, KEY, b"mine")
    before = versions(deployed.cos)
    assert deployed.post(SUCCESS).outcomes == ["dead-lettered"]
    assert deployed.dead_letters()[0]["reason"] == "conflict"
    assert versions(deployed.cos) == before
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"


def test_upload_over_a_result_stays(warm: Deployment) -> None:
    """It is the current version, and a later callback becomes a dead letter."""
    warm.post(SUCCESS)
    warm.cos.put(BUCKET, KEY, b"mine")
    assert warm.post(NEWER).outcomes == ["dead-lettered"]
    assert warm.cos.get(BUCKET, KEY).body == b"mine"


def test_deleted_result_is_written_again(warm: Deployment, deploy: Callable[..., Deployment]) -> None:
    """Versions below a deletion do not count, even newer ones."""
    warm.post(NEWER)
    warm.cos.delete(BUCKET, KEY)
    assert warm.post(SUCCESS).outcomes == ["written"]
    warm.cos.delete(BUCKET, KEY)
    assert deploy(ROUTES=ONE_KEY).post(FAILED).outcomes == ["written"]
    assert warm.result(KEY)["State"] == "Failed"


@pytest.mark.parametrize("again", [FAILED, SUCCESS, NEWER], ids=["failed", "success", "newer"])
def test_covering_version_of_a_dead_instance_is_removed(
    again: str, cold: Deployment, deploy: Callable[..., Deployment]
) -> None:
    """An older version above a newer one is removed by the next delivery, of any result."""
    older = written_before(cold, cold.cos, FAILED)
    stored = cold.cos.get(BUCKET, KEY)
    cold.post(NEWER)
    cold.cos.put(BUCKET, KEY, stored.body, metadata=stored.metadata)  # a PUT whose instance was killed after it
    assert len(versions(cold.cos)) == 3
    assert deploy(ROUTES=ONE_KEY).post(again).outcomes == ["duplicate" if again == NEWER else "stale"]
    assert cold.result(KEY)["JobId"] == "later"
    assert versions(cold.cos)[1:] == older


@pytest.mark.parametrize("key", ["a", "歌/a b+c&d=e.mp3", "x%41?y#z"])
def test_versions_of_other_keys_with_the_prefix_do_not_count(key: str, cold: Deployment) -> None:
    """Versions are listed by prefix, with escaped keys."""
    longer = f"{key}.SoundHound.json.mine"
    cold.cos.put(BUCKET, longer, b"mine")
    sent = body(job(Input={"Object": key}))
    assert cold.post(sent).outcomes == ["written"]
    assert cold.post(sent).outcomes == ["duplicate"]
    assert len(versions(cold.cos, f"{key}.SoundHound.json")) == 1
    assert cold.cos.get(BUCKET, longer).body == b"mine"


def test_present_result_costs_the_sweep_two_requests(warm: Deployment) -> None:
    """A HEAD and the list of versions, instead of a HEAD alone."""
    sent = job()
    warm.post(body(sent))
    warm.cos.ci.add(BUCKET, {**sent, "CreationTime": None})
    warm.cos.forget_requests()
    warm.send({"sweep": {"tags": ["SoundHound"]}})
    assert warm.methods == ["GET", "HEAD", "GET"]


def test_truncated_list_of_versions_settles_nothing(cold: Deployment) -> None:
    """Covered versions are unknown without the whole list: the callback is a dead letter."""
    cold.cos.faults = Faults(script=["none", "cut-body", "cut-body", "cut-body"])
    assert cold.post(SUCCESS).outcomes == ["dead-lettered"]
    assert cold.dead_letters()[0]["reason"] == "store-unavailable"


def test_list_of_versions_that_is_none_settles_nothing(cold: Deployment) -> None:
    """As without the whole list."""
    cold.cos.intercept = lambda asked, _: Response(200, (), b"<Other/>") if "versions" in asked.query else None
    assert cold.post(SUCCESS).outcomes == ["dead-lettered"]
    assert cold.dead_letters()[0]["reason"] == "store-unavailable"


def test_concurrently_deleted_key_is_written_again(warm: Deployment) -> None:
    """After a deletion between HEAD and list the result is written."""
    warm.post(FAILED)

    def delete_at_the_list(asked: Any) -> None:
        if "versions" in asked.query:
            warm.cos.faults = Faults()
            warm.cos.delete(BUCKET, KEY)

    warm.cos.faults = Faults(on_request=delete_at_the_list)
    assert warm.post(SUCCESS).outcomes == ["written"]
    assert warm.result(KEY)["State"] == "Success"


def test_concurrently_removed_version_does_not_count(cold: Deployment, deploy: Callable[..., Deployment]) -> None:
    """Of two instances that remove the same version the second does not treat it as foreign."""
    cold.post(NEWER)
    stored = cold.cos.get(BUCKET, KEY)
    cold.post(FAILED)
    newest = versions(cold.cos)
    cold.cos.put(BUCKET, KEY, stored.body, metadata={"ci-callback": "v1 job=x state=Success time=- sha256=" + "0" * 64})
    doomed = versions(cold.cos)[0]

    def take_away(asked: Any) -> None:
        if f"versionId={doomed}" in asked.query:
            cold.cos.faults = Faults()
            cold.cos.delete(BUCKET, KEY, version=doomed)

    cold.cos.faults = Faults(on_request=take_away)
    assert deploy(ROUTES=ONE_KEY).post(SUCCESS).outcomes == ["stale"]
    assert versions(cold.cos) == newest


def test_immediately_deleted_result_was_written(cold: Deployment) -> None:
    """After a deletion between PUT and list the outcome is `written`: the result was durable."""
    cold.cos.faults = Faults(on_request=lambda asked: cold.cos.delete(BUCKET, KEY) if asked.query else None)
    assert cold.post(SUCCESS).outcomes == ["written"]
    assert cold.listing() == []


FAULTS: tuple[Fault, ...] = ("500", "403", "reset", "lost-answer", "cut-headers", "no-metadata")


# Every order but the first, in which two older results follow the newest, is long.
ORDERS = [
    pytest.param(order, marks=[pytest.mark.long] if at else [], id=f"order{at}")
    for at, order in enumerate(itertools.permutations([NEWER, FAILED, SUCCESS]))
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("order", ORDERS)
def test_after_a_fault_at_any_request_a_resend_leaves_the_newest(
    fault: Fault, order: tuple[str, ...], deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each order of three results, cold or warm."""
    monkeypatch.setattr("ci_callback.cloud.cos._pause", lambda _: None)
    for at in itertools.count():
        deployed = deploy(ROUTES=ONE_KEY)
        contents = [content.replace("audio/song", f"audio/{at}") for content in order]
        before: list[Fault] = ["none"] * at
        faults = deployed.cos.faults = Faults(script=[*before, fault])
        answers = [deployed.post(content) for content in contents]
        was_met = not faults.script
        deployed.cos.faults = Faults()
        assert {deployed.post(content).status for content in contents} == {200}
        assert deployed.result(f"audio/{at}.mp3.SoundHound.json")["JobId"] == "later"
        assert {answer.status for answer in answers} <= {200, 503}
        if not was_met:
            break
    assert at >= 5


def test_concurrent_results_leave_the_newest(deploy: Callable[..., Deployment]) -> None:
    """Many instances write different results at the same time."""
    contents = [FAILED, SUCCESS, NEWER] * 6
    deployed = deploy(ROUTES=ONE_KEY)
    instances = [deploy(ROUTES=ONE_KEY) for _ in contents]
    with ThreadPoolExecutor(len(contents)) as pool:
        answers = list(pool.map(lambda pair: pair[0].post(pair[1]), zip(instances, contents, strict=True)))
    assert {answer.status for answer in answers} == {200}
    assert deployed.result(KEY)["JobId"] == "later"
    assert deployed.dead_letters() == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("is_warm", "begin", "events", "newest", "found"),
    [
        (True, "free", ("success", "newer"), "newer", 68),
        (True, "free", ("success", "success"), "success", 90),
        (False, "free", ("success", "newer"), "newer", 28),
        (False, "oldest", ("success", "newer"), "newer", 101),
        (True, "foreign", ("success", "newer"), "foreign", 20),
    ],
)
def test_any_two_concurrent_results_leave_the_newest(
    begin: str,
    events: tuple[str, str],
    newest: str,
    found: int,
    cos: LocalCos,
    deploy: Callable[..., Deployment],
    *,
    is_warm: bool,
) -> None:
    """In every order of their requests: there is no window, unlike without versions."""
    twins = [deploy(ROUTES=ONE_KEY) for _ in events]
    for twin in twins if is_warm else ():
        twin.post(body(job(Input={"Object": "warm"})))

    def start() -> list[Deployment]:
        for each in cos.versions(BUCKET):
            cos.delete(BUCKET, each.name, version=each.version_id)
        if begin == "foreign":
            cos.put(BUCKET, KEY, FOREIGN.stored.body)
        elif begin != "free":
            deploy(ROUTES=ONE_KEY).post(BODIES[begin])
        return twins if is_warm else [deploy(ROUTES=ONE_KEY) for _ in events]

    walked = 0
    for replies in in_every_order(start, events):
        walked += 1
        assert holds(read(cos)) == newest
        assert {reply.outcome == "dead-lettered" for reply in replies} == {begin == "foreign"}
    assert walked == found
