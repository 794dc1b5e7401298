"""VERIFY=job: the body is a hint, and what CI says of the job is what is written (promise 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bodies import body, job, to_xml
from conftest import BUCKET, REGION, Answer

from ci_callback.errors import Redeliver
from local.cos_answers import CosError
from local.http_message import Response
from local.weather import Weather

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Deployment

    from local.weather import Asked, Fault

KEY = "audio/song.mp3.SoundHound.json"
OTHER = "other-1234567890"


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function that verifies."""
    return deploy(VERIFY="job")


def forged(**more: Any) -> dict[str, Any]:
    """Return the job with another result than CI's."""
    songs = {"SongList": {"SongName": "Forged", "SingerName": "Nobody", "Inlier": "100"}}
    return job(Operation={"SoundHoundResult": songs}, **more)


def to_ci(asked: Asked) -> bool:
    """Whether a request goes to CI."""
    return asked.service == "ci"


def asked_of_ci(deployed: Deployment) -> list[str]:
    """Return bucket and path of each request that CI saw."""
    return [f"{each.bucket}/{each.key}" for each in deployed.cos.requests if ".ci." in each.host]


def test_what_ci_says_is_what_is_written(deployed: Deployment) -> None:
    """Whatever the body claims of a job, its object has the bytes of CI's own answer; one more request."""
    deployed.cos.ci.add(BUCKET, job())
    assert deployed.post(body(forged(State="Failed", Code="Bad"))).outcomes == ["written"]
    assert deployed.methods == ["GET", "PUT"]
    written = deployed.cos.get(BUCKET, KEY)
    assert deployed.result(KEY)["Operation"]["SoundHoundResult"]["SongList"][0]["SongName"] == "Song"
    assert deployed.post(body(job())).outcomes == ["duplicate"]
    assert deployed.cos.get(BUCKET, KEY) == written


def test_without_verify_nothing_is_asked(deploy: Callable[..., Deployment]) -> None:
    """By default the token is what a callback is trusted for."""
    deployed = deploy()
    assert deployed.post(body(job())).outcomes == ["written"]
    assert deployed.methods == ["PUT"]


def test_an_unknown_job_is_refused_without_a_trace(deployed: Deployment) -> None:
    """A job that CI does not know is nobody's: 403, no object and no dead letter."""
    answer = deployed.post(body(forged()))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert answer.body["jobs"][0]["reason"] == "unknown-job"
    assert deployed.listing() == []


@pytest.mark.parametrize("job_id", ["../a", "a,b", "a?b=c", "a/b", "a%2Fb", "", "é", "a b", "a" * 65, "a\r\nb"])
def test_an_id_that_ci_could_not_have_given_is_not_asked_for(job_id: str, deployed: Deployment) -> None:
    """A JobId goes into the path of a request, so that only ids as CI gives them do."""
    answer = deployed.post(body(job(JobId=job_id)))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert deployed.cos.requests == []


@pytest.mark.parametrize("fault", ["500", "503", "reset", "403", "cut-body"])
def test_while_ci_cannot_be_asked_the_callback_must_come_again(fault: Fault, deployed: Deployment) -> None:
    """CI out of reach, the role not allowed, an answer cut off: 503, nothing is kept; CI has the job."""
    deployed.cos.ci.add(BUCKET, job())
    deployed.cos.weather = Weather(only=to_ci, then=fault)
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["unverified"])
    assert deployed.listing() == []
    deployed.cos.weather = Weather()
    assert deployed.post(body(job())).outcomes == ["written"]


def test_an_answer_that_is_not_cis_verifies_nothing(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is no word of CI."""
    monkeypatch.setattr(deployed.cos.ci, "answer", lambda *_: CosError(200, "x", "y"))
    assert deployed.post(body(job())).outcomes == ["unverified"]


def test_another_job_is_no_answer(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the job that was asked for counts, whatever else CI may list."""
    other = to_xml("Response", {"JobsDetail": [job(JobId="another")]})
    monkeypatch.setattr(deployed.cos.ci, "answer", lambda *_: Response(200, (), other.encode()))
    assert deployed.post(body(job())).outcomes == ["refused"]


def test_a_404_of_ci_is_an_unknown_job(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """However CI says that there is no such job, it is refused."""
    monkeypatch.setattr(deployed.cos.ci, "answer", lambda *_: CosError(404, "ResourceNotFound", "no job"))
    assert deployed.post(body(job())).status == 403


def test_an_unlisted_bucket_is_not_asked(deployed: Deployment) -> None:
    """The body leads to no CI but that of a listed bucket: the delivery is kept, and can be replayed."""
    answer = deployed.post(body(job(Input={"BucketId": "elsewhere-1234567890", "Object": "a"})))
    assert answer.outcomes == ["dead-lettered"]
    assert asked_of_ci(deployed) == []


@pytest.mark.parametrize(
    ("tag", "family", "paths"),
    [
        ("PicProcess", "pic_jobs", ["pic_jobs"]),
        ("PicProcess", "jobs", ["pic_jobs", "jobs"]),
        ("SoundHound", "jobs", ["jobs"]),
        ("NoTagOfOurs", "jobs", ["jobs"]),
    ],
)
def test_each_tag_is_looked_up_where_its_jobs_are(
    tag: str, family: Any, paths: list[str], deployed: Deployment
) -> None:
    """First under the path of the Tag's family, then under the common one."""
    known = job(Tag=tag)
    deployed.cos.ci.add(BUCKET, known, family=family)
    assert deployed.post(body(known)).outcomes == ["written"]
    assert asked_of_ci(deployed) == [f"{BUCKET}/{path}/{known['JobId']}" for path in paths]


@pytest.mark.parametrize("home", [BUCKET, OTHER])
def test_without_a_bucket_each_listed_one_is_asked(home: str, deploy: Callable[..., Deployment]) -> None:
    """A job that names no bucket belongs to the one whose CI knows it, and its result goes there."""
    deployed = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    sent = job(Tag="Translation", Input={"Object": "text.txt"})
    deployed.cos.ci.add(home, sent)
    assert deployed.post(body(sent)).outcomes == ["written"]
    assert deployed.listing(home) == ["text.txt.Translation.json"]


def test_of_several_jobs_each_is_verified(deployed: Deployment) -> None:
    """One unknown job makes the answer 403 and keeps nothing back from the others."""
    known = job(JobId="known")
    deployed.cos.ci.add(BUCKET, known)
    sent = body(known, job(JobId="unknown"), job(JobId="b", Input={"BucketId": "elsewhere-1234567890", "Object": "a"}))
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (403, ["written", "refused", "dead-lettered"])
    deployed.cos.weather = Weather(only=lambda asked: "unknown" in asked.key, then="503")
    answer = deployed.post(sent)
    assert (answer.status, answer.outcomes) == (503, ["duplicate", "unverified", "dead-lettered"])


def test_a_job_that_has_not_ended_is_not_written(deployed: Deployment) -> None:
    """A forged end of a job that runs on changes nothing."""
    deployed.cos.ci.add(BUCKET, job(State="Running"))
    assert deployed.post(body(forged())).outcomes == ["ignored"]
    assert deployed.listing() == []


def test_a_replayed_letter_is_verified_too(deploy: Callable[..., Deployment]) -> None:
    """A letter whose job CI does not know stays a letter, and becomes a result once CI does."""
    deploy().post(body(job(Input={"BucketId": OTHER, "Object": "a"})))
    deployed = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    (result,) = Answer(deployed.send({"replay": {"remove": True}})).body["results"]
    assert result["outcome"] == "kept"
    deployed.cos.ci.add(OTHER, job(Input={"BucketId": OTHER, "Object": "a"}))
    (result,) = Answer(deployed.send({"replay": {"remove": True}})).body["results"]
    assert result["outcome"] == "removed"
    assert deployed.listing(OTHER) == ["a.SoundHound.json"]


def test_a_queue_keeps_what_could_not_be_verified(deployed: Deployment) -> None:
    """A record is sent again while CI cannot be asked; one whose job is unknown is done with."""
    event = {"Records": [{"CMQ": {"type": "topic", "msgBody": body(job())}}]}
    deployed.cos.weather = Weather(only=to_ci, then="503")
    with pytest.raises(Redeliver):
        deployed.send(event)
    deployed.cos.weather = Weather()
    assert deployed.send(event)["statusCode"] == 200
    assert deployed.listing() == []
