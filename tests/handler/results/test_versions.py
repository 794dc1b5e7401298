"""Buckets with versions, where COS ignores forbid-overwrite: promise 2 holds there too, by the order of versions."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from local.cos.server import Credentials, LocalCos
from local.faults.requests import Faults
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
    """Return a function that does not know yet that the bucket has versions."""
    return deploy(ROUTES=ONE_KEY)


@pytest.fixture
def warm(deploy: Callable[..., Deployment], cos: LocalCos) -> Deployment:
    """Return a function that has seen that the bucket has versions."""
    deployed = deploy(ROUTES=ONE_KEY)
    deployed.post(body(job(Input={"Object": "warm"})))
    cos.forget_requests()
    return deployed


def versions(cos: LocalCos, key: str = KEY) -> list[str]:
    """Return the ids of an object's versions, the newest first."""
    return [each.version_id for each in cos.versions(BUCKET) if each.name == key]


def written_before(deployed: Deployment, cos: LocalCos, content: str) -> list[str]:
    """Deliver a callback, and return its versions; what it cost is forgotten."""
    assert deployed.post(content).status == 200
    cos.forget_requests()
    return versions(cos)


def test_a_cold_instance_finds_out_by_its_first_put(cold: Deployment) -> None:
    """The PUT's answer names a version, so it is looked at what was covered: nothing. The next one looks first."""
    assert cold.post(SUCCESS).outcomes == ["written"]
    assert cold.methods == ["PUT", "GET"]
    cold.cos.forget_requests()
    assert cold.post(body(job(Input={"Object": "b"}))).outcomes == ["written"]
    assert cold.methods == ["HEAD", "PUT", "GET"]


def test_a_duplicate_leaves_the_version_that_was_there(cold: Deployment, deploy: Callable[..., Deployment]) -> None:
    """A warm instance puts nothing; a cold one takes its own version away again."""
    before = written_before(cold, cold.cos, SUCCESS)
    assert cold.post(SUCCESS).outcomes == ["duplicate"]
    assert cold.methods == ["HEAD", "GET"]
    cold.cos.forget_requests()
    assert deploy(ROUTES=ONE_KEY).post(SUCCESS).outcomes == ["duplicate"]
    assert cold.methods == ["PUT", "GET", "HEAD", "DELETE"]
    assert versions(cold.cos) == before


@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_a_foreign_object_stays_on_top(is_warm: bool, cold: Deployment, request: pytest.FixtureRequest) -> None:  # noqa: FBT001  # a parameter
    """What is not ours is never covered for longer than it takes to see it; the callback becomes a dead letter."""
    deployed = request.getfixturevalue("warm") if is_warm else cold
    deployed.cos.put(BUCKET, KEY, b"mine")
    before = versions(deployed.cos)
    assert deployed.post(SUCCESS).outcomes == ["dead-lettered"]
    assert deployed.letters()[0]["reason"] == "conflict"
    assert versions(deployed.cos) == before
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"


def test_what_somebody_puts_over_our_result_stays(warm: Deployment) -> None:
    """An upload over our result is the user's own doing: it is on top, and a later result goes to a dead letter."""
    warm.post(SUCCESS)
    warm.cos.put(BUCKET, KEY, b"mine")
    assert warm.post(NEWER).outcomes == ["dead-lettered"]
    assert warm.cos.get(BUCKET, KEY).body == b"mine"


def test_a_deleted_result_is_written_anew(warm: Deployment, deploy: Callable[..., Deployment]) -> None:
    """What lies below a deletion does not count, be it newer: for a reader there is no object."""
    warm.post(NEWER)
    warm.cos.delete(BUCKET, KEY)
    assert warm.post(SUCCESS).outcomes == ["written"]
    warm.cos.delete(BUCKET, KEY)
    assert deploy(ROUTES=ONE_KEY).post(FAILED).outcomes == ["written"]
    assert warm.result(KEY)["State"] == "Failed"


@pytest.mark.parametrize("again", [FAILED, SUCCESS, NEWER], ids=["failed", "success", "newer"])
def test_an_instance_that_died_before_it_looked_is_mended(
    again: str, cold: Deployment, deploy: Callable[..., Deployment]
) -> None:
    """An older result that was left on top of a newer one goes at the next delivery, whichever that is."""
    older = written_before(cold, cold.cos, FAILED)
    stored = cold.cos.get(BUCKET, KEY)
    cold.post(NEWER)
    cold.cos.put(BUCKET, KEY, stored.body, metadata=stored.metadata)  # a PUT whose instance was killed after it
    assert len(versions(cold.cos)) == 3
    assert deploy(ROUTES=ONE_KEY).post(again).outcomes == ["duplicate" if again == NEWER else "stale"]
    assert cold.result(KEY)["JobId"] == "later"
    assert versions(cold.cos)[1:] == older


@pytest.mark.parametrize("key", ["a", "歌/a b+c&d=e.mp3", "x%41?y#z"])
def test_any_key_is_told_from_those_that_begin_alike(key: str, cold: Deployment) -> None:
    """Versions are listed by prefix and with escaped keys; only the key's own count."""
    longer = f"{key}.SoundHound.json.mine"
    cold.cos.put(BUCKET, longer, b"mine")
    sent = body(job(Input={"Object": key}))
    assert cold.post(sent).outcomes == ["written"]
    assert cold.post(sent).outcomes == ["duplicate"]
    assert len(versions(cold.cos, f"{key}.SoundHound.json")) == 1
    assert cold.cos.get(BUCKET, longer).body == b"mine"


def test_the_sweep_settles_what_is_there_by_two_requests(warm: Deployment) -> None:
    """A HEAD and the list of versions, instead of a HEAD alone."""
    sent = job()
    warm.post(body(sent))
    warm.cos.ci.add(BUCKET, {**sent, "CreationTime": None})
    warm.cos.forget_requests()
    warm.send({"sweep": {"tags": ["SoundHound"]}})
    assert warm.methods == ["GET", "HEAD", "GET"]


def test_a_list_that_was_cut_off_settles_nothing(cold: Deployment) -> None:
    """Without the whole list it is not known what was covered, so the callback is kept as a dead letter."""
    cold.cos.faults = Faults(script=["none", "cut-body", "cut-body", "cut-body"])
    assert cold.post(SUCCESS).outcomes == ["dead-lettered"]
    assert cold.letters()[0]["reason"] == "store-unavailable"


def test_a_key_that_is_deleted_meanwhile_is_written_again(warm: Deployment) -> None:
    """Deleted between the HEAD and the list: the round begins anew and the result is written."""
    warm.post(FAILED)

    def delete_at_the_list(asked: Any) -> None:
        if "versions" in asked.query:
            warm.cos.faults = Faults()
            warm.cos.delete(BUCKET, KEY)

    warm.cos.faults = Faults(on_request=delete_at_the_list)
    assert warm.post(SUCCESS).outcomes == ["written"]
    assert warm.result(KEY)["State"] == "Success"


def test_a_version_that_went_meanwhile_counts_for_nothing(cold: Deployment, deploy: Callable[..., Deployment]) -> None:
    """Of two instances that take away the same version, the second finds it gone, and not somebody else's."""
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


def test_a_result_that_is_deleted_at_once_was_written(cold: Deployment) -> None:
    """Deleted between the PUT and the list: it was durable, and whoever deleted it has their will."""
    cold.cos.faults = Faults(on_request=lambda asked: cold.cos.delete(BUCKET, KEY) if asked.query else None)
    assert cold.post(SUCCESS).outcomes == ["written"]
    assert cold.listing() == []


FAULTS: tuple[Fault, ...] = ("500", "403", "reset", "lost-answer", "cut-headers", "no-metadata")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("order", list(itertools.permutations([FAILED, SUCCESS, NEWER])), ids=lambda _: "order")
def test_after_a_fault_at_any_request_a_resend_leaves_the_newest(
    fault: Fault, order: tuple[str, ...], deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each order of three results, each request failing in turn, cold or warm: after a resend the newest is on top."""
    monkeypatch.setattr("urllib3.util.Retry.sleep", lambda *_: None)
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


def test_results_at_once_leave_the_newest(deploy: Callable[..., Deployment]) -> None:
    """Many instances write different results at the same time: with versions not even a moment is lost."""
    contents = [FAILED, SUCCESS, NEWER] * 6
    deployed = deploy(ROUTES=ONE_KEY)
    instances = [deploy(ROUTES=ONE_KEY) for _ in contents]
    with ThreadPoolExecutor(len(contents)) as pool:
        answers = list(pool.map(lambda pair: pair[0].post(pair[1]), zip(instances, contents, strict=True)))
    assert {answer.status for answer in answers} == {200}
    assert deployed.result(KEY)["JobId"] == "later"
    assert deployed.letters() == []


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
def test_any_two_at_once_leave_the_newest(
    begin: str,
    events: tuple[str, str],
    newest: str,
    found: int,
    cos: LocalCos,
    deploy: Callable[..., Deployment],
    *,
    is_warm: bool,
) -> None:
    """Every order of the requests of two instances that really run at once: no window, unlike without versions."""
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
