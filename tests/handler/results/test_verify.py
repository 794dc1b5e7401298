"""VERIFY=job: the body is a hint; the result is written from CI's job API (guarantee 4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.errors import Redeliver
from local.faults.requests import Faults
from local.http.message import Response
from local.http.xml import ServiceError
from tests.handler.inbound.test_queue import records
from tests.support.bodies import body, job, to_xml
from tests.support.deployment import BUCKET, RECORD_SECRET, REGION, STRICT_ROUTES, Answer
from tests.support.limited_run import SlowCos
from tests.support.sweeps import results, timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Asked, Fault
    from local.http.message import Request
    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"
OTHER = "other-1234567890"


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with VERIFY=job."""
    return deploy(VERIFY="job")


def forged(**more: Any) -> dict[str, Any]:
    """Return the job with a forged result."""
    songs = {"SongList": {"SongName": "Forged", "SingerName": "Nobody", "Inlier": "100"}}
    return job(Operation={"SoundHoundResult": songs}, **more)


def answering(response: Response) -> Callable[[Asked, Request], Response | None]:
    """Return an intercept that answers every request to CI."""
    return lambda asked, _: response if to_ci(asked) else None


def to_ci(asked: Asked) -> bool:
    """Return whether a request is to CI."""
    return asked.service == "ci"


def ci_requests(deployed: Deployment) -> list[str]:
    """Return bucket and path of each request to CI."""
    return [f"{each.bucket}/{each.key}" for each in deployed.cos.requests if ".ci." in each.host]


def test_verified_result_is_written_from_the_answer_of_ci(deployed: Deployment) -> None:
    """Regardless of the body; it costs one more request."""
    deployed.cos.ci.add(BUCKET, job())
    assert deployed.post(body(forged(State="Failed", Code="Bad"))).outcomes == ["written"]
    assert deployed.methods == ["GET", "PUT"]
    written = deployed.cos.get(BUCKET, KEY)
    assert deployed.result(KEY)["Operation"]["SoundHoundResult"]["SongList"][0]["SongName"] == "Song"
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert deployed.cos.get(BUCKET, KEY) == written


def test_ci_is_not_asked_without_verify(deploy: Callable[..., Deployment]) -> None:
    """By default a valid token is enough."""
    deployed = deploy()
    assert deployed.post(body(job())).outcomes == ["written"]
    assert deployed.methods == ["PUT"]


def test_unknown_job_is_refused_without_a_trace(deployed: Deployment) -> None:
    """403, no object and no dead letter."""
    answer = deployed.post(body(forged()))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert answer.body["jobs"][0]["reason"] == "unknown-job"
    assert deployed.listing() == []


@pytest.mark.parametrize("job_id", ["../a", "a,b", "a?b=c", "a/b", "a%2Fb", "", "é", "a b", "a" * 65, "a\r\nb"])
def test_invalid_job_id_is_not_looked_up(job_id: str, deployed: Deployment) -> None:
    """A JobId is part of a path, so only ids in CI's form are looked up."""
    answer = deployed.post(body(job(JobId=job_id)))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert deployed.cos.requests == []


@pytest.mark.parametrize("fault", ["500", "503", "reset", "403", "cut-body"])
def test_job_is_unverified_while_ci_is_unavailable(fault: Fault, deployed: Deployment) -> None:
    """503 without a dead letter while CI is unavailable, for any Tag: CI still has the job."""
    deployed.cos.ci.add(BUCKET, job())
    deployed.cos.faults = Faults(only=to_ci, then=fault)
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["unverified"])
    assert deployed.post(body(job(Tag="FileCompress"))).outcomes == ["unverified"]
    assert deployed.listing() == []
    deployed.cos.faults = Faults()
    assert deployed.post(body(job())).outcomes == ["written"]


def test_unreadable_answer_verifies_nothing(deployed: Deployment) -> None:
    """An unreadable answer is as none."""
    deployed.cos.intercept = answering(ServiceError(200, "x", "y").response("jobs/s1", "id"))
    assert deployed.post(body(job())).outcomes == ["unverified"]


def test_answer_with_another_job_is_refused(deployed: Deployment) -> None:
    """Only the requested job counts."""
    other = to_xml("Response", {"JobsDetail": [job(JobId="another")]})
    deployed.cos.intercept = answering(Response(200, (), other.encode()))
    assert deployed.post(body(job())).outcomes == ["refused"]


def test_404_of_ci_is_an_unknown_job(deployed: Deployment) -> None:
    """As an answer without the job is."""
    deployed.cos.intercept = answering(ServiceError(404, "ResourceNotFound", "no job").response("jobs/s1", "id"))
    assert deployed.post(body(job())).status == 403


def test_unlisted_bucket_is_not_asked(deployed: Deployment) -> None:
    """The job is refused, as CI cannot confirm it."""
    answer = deployed.post(body(job(Input={"BucketId": "elsewhere-1234567890", "Object": "a"})))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert deployed.cos.requests == []


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [("no callback", 400, "not-xml-or-json"), ('{"EventName": "New"}', 400, "unsupported")],
)
def test_body_without_a_job_is_refused_without_a_trace(
    content: str, status: int, reason: str, deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is nothing that CI could confirm; the log has a WARNING."""
    answer = deployed.post(content)
    assert (answer.status, answer.outcomes, answer.body["reason"]) == (status, ["refused"], reason)
    assert deployed.cos.requests == []
    assert json.loads(capsys.readouterr().out)["level"] == "WARNING"


def test_malformed_job_is_refused_without_a_trace(deployed: Deployment) -> None:
    """The job beside it is settled."""
    deployed.cos.ci.add(BUCKET, job())
    answer = deployed.post(body(job(), job(JobId="m", Input="no element")))
    assert (answer.status, answer.outcomes) == (403, ["written", "refused"])
    assert deployed.dead_letters() == []


def test_confirmed_job_that_cannot_be_stored_is_kept_alone(deploy: Callable[..., Deployment]) -> None:
    """Its dead letter has the body, and is replayed for that job only."""
    deployed = deploy(VERIFY="job", ROUTES=STRICT_ROUTES)
    deployed.cos.ci.add(BUCKET, job())
    deployed.cos.put(BUCKET, KEY, b"mine")
    assert deployed.post(body(job(JobId="unknown"), job())).outcomes == ["refused", "dead-lettered"]
    (dead_letter,) = deployed.dead_letters()
    assert dead_letter["rest"]["failed"] == [[1, 2]]


def test_requests_to_ci_are_bounded(deploy: Callable[..., Deployment]) -> None:
    """A hundred lookups for one callback; a repetition goes on with other jobs."""
    deployed = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou", LOG_LEVEL="ERROR")
    sent = body(*(job(JobId=str(at), Input={"Object": str(at)}) for at in range(90)))
    answer = deployed.post(sent)
    assert (answer.status, sorted(answer.outcomes)) == (503, ["refused"] * 50 + ["unverified"] * 40)
    assert len(ci_requests(deployed)) == 100
    assert deployed.listing() == []


@pytest.mark.parametrize("others", ["none", "unknown", "running"])
@pytest.mark.parametrize("kind", ["jobs", "records"])
def test_jobs_not_reached_in_time_leave_no_dead_letter(
    kind: str, others: str, deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have to be sent again; each try confirms others, also behind those that leave no trace.

    The limit leaves each job that is begun the time to be stored: a confirmed one may become a dead letter.
    """
    jobs = [job(JobId=str(at), Input={"BucketId": BUCKET, "Object": str(at)}) for at in range(16)]
    before = [job(JobId=f"{others}-{at}") for at in range(19 if others != "none" else 0)]
    for each in jobs:
        deployed.cos.ci.add(BUCKET, each)
    for each in before if others == "running" else []:
        deployed.cos.ci.add(BUCKET, {**each, "State": "Running"})
    SlowCos(deployed, monkeypatch, request_s=1, limit_s=30)
    for _ in range(90):
        if kind == "jobs":
            assert deployed.post(body(*before, *jobs)).status == 503
        else:
            with pytest.raises(Redeliver):
                deployed.send(records(*map(body, [*before, *jobs])))
        if len(deployed.listing()) == len(jobs):
            break
    assert len(deployed.listing()) == len(jobs)
    assert deployed.dead_letters() == []


@pytest.mark.parametrize(
    ("tag", "family", "paths"),
    [
        ("PicProcess", "pic_jobs", ["pic_jobs"]),
        ("PicProcess", "jobs", ["pic_jobs", "jobs"]),
        ("SoundHound", "jobs", ["jobs"]),
        ("UnknownTag", "jobs", ["jobs"]),
    ],
)
def test_job_is_looked_up_by_the_family_of_its_tag(
    tag: str, family: Any, paths: list[str], deployed: Deployment
) -> None:
    """First below the path of the Tag's family, then below the common one."""
    known = job(Tag=tag)
    deployed.cos.ci.add(BUCKET, known, family=family)
    assert deployed.post(body(known)).outcomes == ["written"]
    assert ci_requests(deployed) == [f"{BUCKET}/{path}/{known['JobId']}" for path in paths]


@pytest.mark.parametrize("home", [BUCKET, OTHER])
def test_job_without_a_bucket_is_looked_up_in_each(home: str, deploy: Callable[..., Deployment]) -> None:
    """Its result is written to the bucket whose CI has the job."""
    deployed = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    sent = job(Tag="Translation", Input={"Object": "text.txt"})
    deployed.cos.ci.add(home, sent)
    assert deployed.post(body(sent)).outcomes == ["written"]
    assert deployed.listing(home) == ["text.txt.Translation.json"]


def test_each_of_several_jobs_is_verified(deployed: Deployment) -> None:
    """An unknown job makes the answer 403; the others are settled."""
    known = job(JobId="known")
    deployed.cos.ci.add(BUCKET, known)
    sent = body(known, job(JobId="unknown"), job(JobId="b", Input={"BucketId": "elsewhere-1234567890", "Object": "a"}))
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (403, ["written", "refused", "refused"])
    deployed.cos.faults = Faults(only=lambda asked: "unknown" in asked.key, then="503")
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (503, ["duplicate", "unverified", "refused"])


def test_job_that_ci_has_as_running_is_unverified(deployed: Deployment) -> None:
    """CI may end a job, and send its callback, before its own API answers so: 200 would forget the result."""
    deployed.cos.ci.add(BUCKET, job(State="Running"))
    answer = deployed.post(body(forged()))
    assert (answer.status, answer.outcomes) == (503, ["unverified"])
    assert deployed.listing() == []
    assert deployed.post(body(job(State="Running"))).outcomes == ["ignored"]
    deployed.cos.ci.add(BUCKET, job())
    assert deployed.post(body(job())).outcomes == ["written"]


def test_replayed_dead_letter_is_verified(deploy: Callable[..., Deployment]) -> None:
    """A dead letter with an unknown job stays; it becomes a result once CI has the job."""
    deploy().post(body(job(Input={"BucketId": OTHER, "Object": "a"})))
    deployed = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    (result,) = Answer(deployed.send({"replay": {"remove": True}})).body["results"]
    assert result["outcome"] == "kept"
    deployed.cos.ci.add(OTHER, job(Input={"BucketId": OTHER, "Object": "a"}))
    (result,) = Answer(deployed.send({"replay": {"remove": True}})).body["results"]
    assert result["outcome"] == "removed"
    assert deployed.listing(OTHER) == ["a.SoundHound.json"]


def test_unconfirmed_bodies_stay_in_their_dead_letter(
    deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of several bodies, kept before VERIFY was set, whose job CI does not know."""
    trusting, deployed = deploy(), deploy(VERIFY="job")
    with monkeypatch.context() as patch:
        SlowCos(trusting, patch, request_s=0.5, limit_s=10)
        trusting.send(records(*(body(job(JobId=str(at), Input={"Object": str(at)})) for at in range(20))))
    deployed.cos.faults = Faults()
    deployed.cos.ci.add(BUCKET, job(JobId="19", Input={"BucketId": BUCKET, "Object": "19"}))
    (result,) = Answer(deployed.send({"replay": {"remove": True}})).body["results"]
    assert (result["outcome"], {each["outcome"] for each in result["jobs"]}) == ("kept", {"refused", "written"})


def test_unverified_record_is_redelivered(deployed: Deployment) -> None:
    """A record is redelivered while CI is unavailable; one with an unknown job is not."""
    event = {"Records": [{"CMQ": {"type": "topic", "msgBody": body(job())}}]}
    deployed.cos.faults = Faults(only=to_ci, then="503")
    with pytest.raises(Redeliver):
        deployed.send(event)
    deployed.cos.faults = Faults()
    assert deployed.send(event)["statusCode"] == 200
    assert deployed.listing() == []


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("status", "outcome"), [(503, "unverified"), (404, "refused")])
def test_replay_keeps_what_ci_cannot_confirm_now(status: int, outcome: str, deployed: Deployment) -> None:
    """All jobs were confirmed once; one fails again, and CI does not answer about another, or not know it."""
    jobs = [job(JobId=f"s{at}", Input={"BucketId": BUCKET, "Object": f"{at}.mp3"}) for at in range(3)]
    for each in jobs:
        deployed.cos.ci.add(BUCKET, each)
    deployed.cos.faults = Faults(then="503", only=lambda asked: ".mp3" in asked.key)
    assert deployed.post(body(*jobs)).outcomes == ["dead-lettered"] * 3
    deployed.cos.faults = Faults(then="503", only=lambda asked: asked.key == "1.mp3.SoundHound.json")
    no_job = ServiceError(status, "ResourceNotFound", "no job").response("jobs/s2", "id")
    deployed.cos.intercept = lambda asked, _: no_job if asked.key == "jobs/s2" else None
    report = Answer(deployed.send({"replay": {"remove": True}})).body
    assert [each["outcome"] for each in report["results"][0]["jobs"]] == ["written", "dead-lettered", outcome]
    deployed.cos.faults, deployed.cos.intercept = Faults(), lambda *_: None
    report = Answer(deployed.send({"replay": {"remove": True}})).body
    assert report["results"][0]["outcome"] == "removed"
    assert [key for key in deployed.listing() if "SoundHound" in key] == [
        f"{at}.mp3.SoundHound.json" for at in range(3)
    ]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("secret", ["", RECORD_SECRET])
def test_job_confirmed_by_a_later_delivery_is_kept_beside_an_earlier_dead_letter(
    secret: str, deploy: Callable[..., Deployment]
) -> None:
    """CI did not answer about the second job at first, so the dead letter of the same body lacks it."""
    deployed = deploy(VERIFY="job", RECORD_SECRET=secret)
    jobs = [job(JobId=f"s{at}", Input={"BucketId": BUCKET, "Object": f"{at}.mp3"}) for at in range(2)]
    for each in jobs:
        deployed.cos.ci.add(BUCKET, each)
    deployed.cos.faults = Faults(then="503", only=lambda asked: ".mp3" in asked.key or asked.key == "jobs/s1")
    answer = deployed.post(body(*jobs))
    assert (answer.status, answer.outcomes) == (503, ["dead-lettered", "unverified"])
    deployed.cos.faults = Faults(then="503", only=lambda asked: ".mp3" in asked.key)
    answer = deployed.post(body(*jobs))
    assert (answer.status, answer.outcomes) == (200, ["dead-lettered"] * 2)
    assert deployed.post(body(*jobs)).outcomes == ["dead-lettered"] * 2
    assert len(deployed.dead_letters()) == 2
    deployed.cos.faults = Faults()
    assert timer(deployed, tags=["Tts"])["healed"] == 2
    assert results(deployed) == [f"{at}.mp3.SoundHound.json" for at in range(2)]
    assert deployed.dead_letters() == []


@pytest.mark.usefixtures("hurried")
def test_dead_letter_that_ci_does_not_know_any_more_waits_for_a_person(deployed: Deployment) -> None:
    """The timer tries it once."""
    deployed.cos.ci.add(BUCKET, job())
    deployed.cos.faults = Faults(then="503", only=lambda asked: asked.key == KEY)
    deployed.post(body(job()))
    deployed.cos.faults = Faults()
    deployed.cos.intercept = answering(ServiceError(404, "ResourceNotFound", "no job").response("jobs/s1", "id"))
    counted = [timer(deployed, tags=["Tts"]) for _ in range(2)]
    assert [(report["healed"], report["kept"], report["waiting"]) for report in counted] == [(0, 1, 1), (0, 0, 1)]
    (dead_letter,) = deployed.dead_letters()
    assert (dead_letter["reason"], dead_letter["attempt"]) == ("unknown-job", 2)
