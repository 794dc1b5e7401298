"""Callbacks with many jobs, and queues with many records, on a slow COS: each try makes progress (guarantee 9)."""

from __future__ import annotations

import json
import re
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.errors import Redeliver
from ci_callback.pipeline import MOST_JOBS, MOST_RESULT_BYTES
from ci_callback.settle import Settler
from local.faults.requests import Faults
from tests.handler.inbound.test_queue import records
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, STRICT_ROUTES, Answer
from tests.support.limited_run import SlowCos
from tests.support.sweeps import DEAD_LETTERS, results

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci_callback.decode.job import Job
    from ci_callback.delivery import Outcome
    from tests.support.deployment import Deployment

COUNT = 30


@pytest.fixture
def slow(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> SlowCos:
    """Return a COS with time for about 16 requests within the limit, and for 8 more in the reserve."""
    return SlowCos(deployed, monkeypatch, request_s=0.4, limit_s=10)


def jobs(count: int = COUNT) -> list[dict[str, Any]]:
    """Return jobs with an input each."""
    return [job(JobId=f"s{at}", Input={"Object": f"audio/{at}.mp3"}) for at in range(count)]


def replay(deployed: Deployment, **options: Any) -> list[str]:
    """Replay once, and return the outcomes of the dead letters."""
    report = Answer(deployed.send({"replay": {"remove": True, **options}})).body
    return [result["outcome"] for result in report["results"]]


def replays_until_removed(deployed: Deployment) -> int:
    """Replay until no dead letter is left, and return how many runs it took."""
    for run in range(1, 10):
        replay(deployed)
        if not deployed.dead_letters():
            return run
    raise AssertionError(deployed.dead_letters())


def send_slowly(deployed: Deployment, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]) -> None:
    """Send an event while each request takes half a second of the ten that there are."""
    with monkeypatch.context() as patch:
        SlowCos(deployed, patch, request_s=0.5, limit_s=10)
        deployed.send(event)


def fail_for_one(monkeypatch: pytest.MonkeyPatch, job_id: str, error: type[BaseException]) -> None:
    """Let one job meet a defect."""
    settle = Settler.settle

    def settle_or_fail(self: Settler, job: Job, ci_bucket: str = "") -> Outcome:
        if job.job_id == job_id:
            raise error
        return settle(self, job, ci_bucket)

    monkeypatch.setattr(Settler, "settle", settle_or_fail)


def puts(deployed: Deployment) -> int:
    """Return how many results were sent to COS."""
    return sum(each.method == "PUT" and each.key.startswith("audio/") for each in deployed.cos.requests)


@pytest.mark.usefixtures("slow")
def test_jobs_not_reached_in_time_are_one_dead_letter(deployed: Deployment) -> None:
    """The answer is 200; each replay settles some of the rest, and sends no result twice."""
    answer = deployed.post(body(*jobs()))
    assert answer.status == 200
    *settled, rest = answer.body["jobs"]
    assert {each["outcome"] for each in settled} == {"written"}
    assert (rest["outcome"], rest["reason"]) == ("dead-lettered", "not-reached")
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["rest"] == {"jobs": COUNT, "spans": [[len(settled), COUNT]], "failed": []}
    assert replays_until_removed(deployed) <= 2
    assert len(results(deployed)) == puts(deployed) == COUNT


@pytest.mark.usefixtures("slow")
def test_records_not_reached_in_time_are_one_dead_letter(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The event counts as delivered; each replay settles some of the rest, and sends no result twice."""
    assert deployed.send(records(*map(body, jobs(50))))["statusCode"] == 200
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], len(dead_letter["bodies"])) == ("not-reached", 50 - len(results(deployed)))
    assert '"reason":"not-reached"' in capsys.readouterr().out
    assert replay(deployed)[0] == "kept"
    assert replays_until_removed(deployed) <= 3
    assert len(results(deployed)) == puts(deployed) == 50


@pytest.mark.parametrize("kind", ["jobs", "records"])
def test_repeated_batch_progresses_without_dead_letters(kind: str, deployed: Deployment, slow: SlowCos) -> None:
    """Each try settles others, although no dead letter can be written."""
    slow.refuses_letters = True
    for _ in range(30):
        if kind == "jobs":
            assert deployed.post(body(*jobs())).status == 503
        else:
            with pytest.raises(Redeliver):
                deployed.send(records(*map(body, jobs())))
        if len(results(deployed)) == COUNT:
            break
    assert len(results(deployed)) == COUNT


def test_repeated_batch_looks_first(deployed: Deployment) -> None:
    """The first duplicate costs two requests, each later one a HEAD."""
    few = jobs(5)
    for sent in (body(*few), records(*map(body, few))):
        deployed.send({"body": sent} if isinstance(sent, str) else sent)
        deployed.cos.forget_requests()
        deployed.send({"body": sent} if isinstance(sent, str) else sent)
        assert deployed.methods == ["PUT", *["HEAD"] * 5]


def test_body_that_fails_for_good_leaves_the_dead_letter_of_several(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets one of its own, which waits for a person, so that the others are not replayed for ever."""
    deployed = deploy(ROUTES=STRICT_ROUTES)
    send_slowly(deployed, monkeypatch, records(*map(body, jobs(20)), "no callback"))
    (dead_letter,) = deployed.dead_letters()
    assert len(dead_letter["bodies"]) > 2
    deployed.cos.put(BUCKET, "audio/19.mp3.SoundHound.json", b"mine")
    deployed.cos.faults = Faults(only=lambda asked: asked.key.startswith("audio/18."), then="503")
    assert set(replay(deployed)) == {"kept"}
    kept = {dead_letter["reason"]: dead_letter["body"] for dead_letter in deployed.dead_letters()}
    assert kept == {
        "conflict": body(jobs(20)[19]),
        "not-xml-or-json": "no callback",
        "store-unavailable": body(jobs(20)[18]),
    }
    assert len(results(deployed)) == 19
    deployed.cos.faults = Faults()
    deployed.cos.delete(BUCKET, "audio/19.mp3.SoundHound.json")
    assert sorted(replay(deployed)) == ["kept", "removed", "removed"]


def test_dead_letter_of_several_is_removed_once_others_hold_the_rest(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it passes by itself."""
    deployed = deploy(ROUTES=STRICT_ROUTES)
    send_slowly(deployed, monkeypatch, records(*map(body, jobs(20)), "no callback"))
    deployed.cos.put(BUCKET, "audio/19.mp3.SoundHound.json", b"mine")
    replay(deployed)
    assert {each["reason"] for each in deployed.dead_letters()} == {"conflict", "not-xml-or-json"}
    assert not [key for key in deployed.listing() if "/retry/" in key]


def test_jobs_that_fail_for_good_do_not_hold_up_the_others(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were not reached have their turn first; once each has had it, the dead letter waits for a person."""
    deployed = deploy(ROUTES=STRICT_ROUTES)
    for each in jobs(12):
        deployed.cos.put(BUCKET, f"{each['Input']['Object']}.SoundHound.json", b"mine")
    SlowCos(deployed, monkeypatch, request_s=0.5, limit_s=10)
    deployed.post(body(*jobs(12), *(job(JobId=f"t{at}", Input={"Object": f"audio/t{at}.mp3"}) for at in range(12))))
    for _ in range(20):
        dead_letter, *others = deployed.dead_letters()  # others if the time was over before an earlier one was deleted
        if not others and not dead_letter["rest"]["spans"]:
            break
        replay(deployed, prefix="retry/")  # like the timer
    assert dead_letter["rest"]["failed"] == [[0, 12]]
    assert sum(deployed.cos.get(BUCKET, key).body != b"mine" for key in results(deployed)) == 12
    (key,) = [key for key in deployed.listing() if key.startswith(DEAD_LETTERS)]
    assert "/retry/" not in key
    replay(deployed)
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], dead_letter["rest"]["failed"]) == ("conflict,not-reached", [[0, 12]])


def test_jobs_beyond_the_bound_are_settled_by_replays(deployed: Deployment) -> None:
    """So many at a time."""
    running = [{"JobId": str(at), "State": "Running"} for at in range(2 * MOST_JOBS + 1)]
    answer = deployed.post(body(*running))
    assert answer.status == 200
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["rest"] == {"jobs": 2 * MOST_JOBS + 1, "spans": [[MOST_JOBS, 2 * MOST_JOBS + 1]], "failed": []}
    assert replay(deployed) == ["kept"]
    assert replay(deployed) == ["removed"]


def test_body_with_too_many_jobs_is_kept_unread(deployed: Deployment) -> None:
    """Reading 200,000 would take more memory than there is."""
    answer = deployed.post('{"JobsDetail":[' + '{"State":"Running"},' * 20_000 + '{"State":"Running"}]}')
    assert (answer.status, answer.outcomes, answer.body["reason"]) == (400, ["dead-lettered"], "too-many-jobs")


def test_results_beyond_the_bound_are_settled_by_a_replay(deployed: Deployment) -> None:
    """Quotes in XML make a result twice as long as its body."""
    large = [{**each, "Message": '"' * (MOST_RESULT_BYTES // 8)} for each in jobs(5)]
    answer = deployed.post(body(*large, form="xml"))
    assert (answer.status, answer.body["jobs"][-1]["reason"]) == (200, "not-reached")
    assert len(results(deployed)) == 4
    assert replay(deployed) == ["removed"]
    assert len(results(deployed)) == 5


def test_defect_met_by_one_job_does_not_cost_its_neighbours(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that job is kept."""
    fail_for_one(monkeypatch, "s1", RecursionError)
    answer = deployed.post(body(*jobs(3)))
    assert (answer.status, answer.outcomes) == (200, ["written", "dead-lettered", "written"])
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], dead_letter["rest"]["failed"]) == ("internal-error", [[1, 2]])


def test_rest_is_settled_whole_if_the_jobs_are_counted_differently(deployed: Deployment) -> None:
    """Another release may read a job that this one refuses."""
    unlisted = job(JobId="s2", Input={"BucketId": "elsewhere-1234567890", "Object": "x"})
    deployed.post(body(*jobs(2), unlisted))
    (key,) = [key for key in deployed.listing() if key.startswith(DEAD_LETTERS)]
    stored = deployed.cos.get(BUCKET, key)
    digest = sha256(json.loads(stored.body)["body"].encode()).hexdigest()
    assert stored.metadata["ci-callback"].endswith(f" sha256={digest}")  # by which release 0.1.0 reads it
    counted = stored.body.replace(b'"rest":{"jobs":3', b'"rest":{"jobs":4')
    header = re.sub("content=[0-9a-f]+", f"content={sha256(counted).hexdigest()}", stored.metadata["ci-callback"])
    deployed.cos.put(BUCKET, key, counted, metadata={"ci-callback": header})
    (result,) = Answer(deployed.send({"replay": {}})).body["results"]
    assert [each["outcome"] for each in result["jobs"]] == ["duplicate", "duplicate", "dead-lettered"]


def test_dead_letter_suffices_for_a_later_delivery_of_the_same_jobs(deployed: Deployment) -> None:
    """Also once a replay has settled some of them; one of fewer jobs from the beginning does not."""
    sent = body(*jobs(2), job(JobId="s2", Input={"BucketId": "elsewhere-1234567890", "Object": "x"}))
    for _ in range(2):
        assert deployed.post(sent).outcomes[2] == "dead-lettered"
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["rest"]["failed"] == [[2, 3]]
    all_fail = Faults(only=lambda asked: asked.key.startswith("audio/"), then="403")
    for at in range(3):
        if at == 1:
            deployed.cos.faults = Faults(only=lambda asked: asked.key.startswith("audio/0."), then="403")
            deployed.send({"replay": {}})
        deployed.cos.faults = all_fail
        answer = deployed.post(sent)
        assert (answer.status, set(answer.outcomes)) == (200, {"dead-lettered"})
    rests = [dead_letter["rest"]["failed"] for dead_letter in deployed.dead_letters()]
    assert sorted(rests) == [[[0, 1], [2, 3]], [[2, 3]]]


def test_later_of_two_jobs_in_one_body_stays_if_it_is_replayed_first(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without times their order in the body counts, though they arrived at once."""
    timeless = {"EndTime": None, "CreationTime": None}
    deployed.cos.faults = Faults(only=lambda asked: asked.key.startswith("audio/"), then="503")
    assert deployed.post(body(*(job(JobId=name, **timeless) for name in "cba"))).outcomes == ["dead-lettered"] * 3
    deployed.cos.faults = Faults()
    monkeypatch.setattr(time, "monotonic_ns", lambda: -1)  # the last
    deployed.send({"replay": {"remove": True}})
    assert deployed.result("audio/song.mp3.SoundHound.json")["JobId"] == "a"
