"""The write protocol over a real local COS: one object per result, never over a foreign one (promise 2)."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, Answer, url_event
from tests.support.sweeps import ended, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"

# One key for every state, so that states meet each other.
ONE_KEY = '[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'


def test_written_object_costs_one_request(deployed: Deployment) -> None:
    """The common case is a single PUT that forbids overwriting."""
    assert deployed.post(body(job())).outcomes == ["written"]
    (request,) = deployed.cos.requests
    assert (request.method, request.key) == ("PUT", KEY)
    assert request.headers["x-cos-forbid-overwrite"] == "true"
    assert request.headers["content-type"] == "application/json"


def test_duplicate_costs_two_requests_and_changes_nothing(deployed: Deployment) -> None:
    """The same job again, in the other format, is recognised by its metadata and leaves the bytes alone."""
    deployed.post(body(job(), form="xml"))
    before = deployed.cos.get(BUCKET, KEY)
    deployed.cos.forget_requests()
    assert deployed.post(body(job(), form="json")).outcomes == ["duplicate"]
    assert deployed.methods == ["PUT", "HEAD"]
    assert deployed.cos.get(BUCKET, KEY) == before


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_each_order_of_failed_success_and_newer_leaves_the_newest(
    order: tuple[int, ...], deploy: Callable[..., Deployment]
) -> None:
    """Failed, Success and a later job's Success, delivered in any order and twice, end as the later job's."""
    deployed = deploy(ROUTES=ONE_KEY)
    jobs = [
        job(State="Failed", EndTime="2025-03-01T09:00:02+0800"),
        job(EndTime="2025-03-01T09:00:09+0800"),
        job(EndTime="2025-03-02T09:00:00+0800", JobId="later"),
    ]
    for at in [*order, *order]:
        assert deployed.post(body(jobs[at])).status == 200
    assert deployed.listing() == [KEY]
    assert deployed.result(KEY)["JobId"] == "later"


def test_twenty_concurrent_deliveries_leave_one_object(deployed: Deployment) -> None:
    """The same job at once from many instances, XML and JSON mixed, is written once."""
    bodies = [body(job(), form="xml" if at % 2 else "json") for at in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(deployed.post, bodies))
    outcomes = sorted(outcome for answer in answers for outcome in answer.outcomes)
    assert outcomes == ["duplicate"] * 19 + ["written"]
    assert deployed.listing() == [KEY]


def test_foreign_object_is_never_overwritten(deploy: Callable[..., Deployment]) -> None:
    """An object without our metadata stays as it is; the callback is a dead letter with the reason."""
    deployed = deploy(ROUTES=ONE_KEY)
    deployed.cos.put(BUCKET, KEY, b"mine", metadata={"owner": "someone"})
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["reason"] == "conflict"
    assert dead_letter["jobs"][0]["job_id"] == job()["JobId"]


@pytest.mark.parametrize("forged", ["v1", "v1 job=a state=Success time=9 sha256=0", "v2 job=a"])
def test_incomplete_metadata_is_foreign(forged: str, deploy: Callable[..., Deployment]) -> None:
    """A record that was cut off or has another form does not make an object ours."""
    deployed = deploy(ROUTES=ONE_KEY)
    deployed.cos.put(BUCKET, KEY, b"mine", metadata={"ci-callback": forged})
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"


def test_jobs_without_an_id_differ_by_content(deployed: Deployment) -> None:
    """Two different jobs without a JobId are no duplicates; the same one twice is."""
    first, second = job(JobId=None), job(JobId=None, EndTime="2025-03-01T09:00:10+0800")
    assert deployed.post(body(first)).outcomes == ["written"]
    assert deployed.post(body(first, form="xml")).outcomes == ["duplicate"]
    assert deployed.post(body(second)).outcomes == ["written"]
    assert deployed.result(KEY)["EndTime"].endswith("10+08:00")


@pytest.mark.parametrize("name", ["x y", "a;b=c", "é", "n\u2028l", "q" * 200, "v1 job=x"])
def test_unsafe_ids_and_states_are_hashed_in_the_header(name: str, deploy: Callable[..., Deployment]) -> None:
    """The metadata has a hash in place of any other text, and duplicates are still recognised."""
    deployed = deploy(ROUTES=ONE_KEY)
    sent = body(job(JobId=name, State=name))
    assert deployed.post(sent).outcomes == ["written"]
    assert deployed.post(sent).outcomes == ["duplicate"]
    record = deployed.cos.get(BUCKET, KEY).metadata["ci-callback"]
    assert name not in record
    assert record.isascii()


def test_result_as_input_is_ignored(deployed: Deployment) -> None:
    """The loop guard: a job on a result ends there, after one HEAD."""
    deployed.post(body(job()))
    deployed.cos.forget_requests()
    looped = job(Input={"BucketId": BUCKET, "Object": KEY})
    answer = deployed.post(body(looped))
    assert answer.outcomes == ["ignored"]
    assert answer.body["jobs"][0]["reason"] == "loop"
    assert deployed.methods == ["HEAD"]


def test_dead_letter_as_input_is_ignored(deployed: Deployment) -> None:
    """The loop guard knows dead letters too."""
    key = deployed.post("no callback").body["key"]
    assert deployed.post(body(job(Input={"BucketId": BUCKET, "Object": key}))).outcomes == ["ignored"]


def test_input_with_the_name_of_a_result_is_an_input(deployed: Deployment) -> None:
    """A user's own x.SoundHound.json, or one that is gone, gets its result like any other object."""
    deployed.cos.put(BUCKET, "x.SoundHound.json", b"{}")
    for name in ("x", "gone"):
        sent = job(Input={"BucketId": BUCKET, "Object": f"{name}.SoundHound.json"})
        assert deployed.post(body(sent)).outcomes == ["written"]
        assert f"{name}.SoundHound.json.SoundHound.json" in deployed.listing()


def test_object_that_cos_does_not_show_uses_the_next_template(deployed: Deployment) -> None:
    """Its uploader may have encrypted it, so that a HEAD is refused; the next key is looked at first."""
    deployed.cos.put(BUCKET, KEY, b"mine")
    deployed.cos.faults = Faults(only=lambda asked: asked.key == KEY and asked.method == "HEAD", then="403")
    answer = deployed.post(body(job()))
    assert answer.outcomes == ["written"]
    assert answer.body["jobs"][0]["key"].startswith("ci-callback/results/")
    assert deployed.methods == ["PUT", "HEAD", "HEAD", "PUT"]
    assert deployed.cos.get(BUCKET, KEY).body == b"mine"
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    deployed.cos.ci.add(BUCKET, ended(0, Input={"Object": "audio/song.mp3"}))
    assert sweep(deployed, dry_run=True)["missing"] == 1


@pytest.mark.parametrize("repeated", [False, True])
def test_bucket_whose_objects_cos_does_not_show_is_refused(*, repeated: bool, deployed: Deployment) -> None:
    """The role lacks a permission: no result is written a second time, under the next key."""
    assert deployed.post(body(job())).outcomes == ["written"]
    deployed.cos.faults = Faults(only=lambda asked: asked.method == "HEAD", then="403")
    answer = deployed.post(body(*[job()] * (2 if repeated else 1)))
    assert {each["reason"] for each in answer.body["jobs"]} == {"store-refused"}
    assert "COS answered 403" in answer.body["jobs"][0]["detail"]
    assert [key for key in deployed.listing() if "dead-letter" not in key] == [KEY]


def test_several_jobs_are_settled_each_on_its_own(deployed: Deployment) -> None:
    """One job that cannot be placed does not keep the others from their results; one dead letter holds the delivery."""
    elsewhere = job(JobId="b", Input={"BucketId": "unlisted-1234567890", "Object": "x"})
    sent = body(job(JobId="a"), elsewhere, job(JobId="c", Input={"Object": "c.mp3"}))
    answer = Answer(deployed.send(url_event(sent)))
    assert (answer.status, answer.outcomes) == (200, ["written", "dead-lettered", "written"])
    (dead_letter,) = deployed.dead_letters()
    assert [each["job_id"] for each in dead_letter["jobs"]] == ["b"]
    assert dead_letter["body"] == sent
