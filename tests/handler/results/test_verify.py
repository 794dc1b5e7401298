"""VERIFY=job: the body is a hint, and what CI says of the job is what is written (promise 4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from ci_callback.errors import Redeliver
from ci_callback.shapes import NO_JOBS
from local.faults.requests import Faults
from local.http.message import Response
from local.http.xml import ServiceError
from models.catalog import catalog
from models.wire import Order, as_native_json, as_xml, callback, has_simple_form
from tests.support.bodies import body, job, to_xml
from tests.support.deployment import BUCKET, REGION, TOKEN, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.ci.others import Kind
    from local.faults.requests import Asked, Fault
    from local.http.message import Request
    from tests.support.deployment import Deployment

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


def answering(response: Response) -> Callable[[Asked, Request], Response | None]:
    """Return an intercept that answers every request to CI."""
    return lambda asked, _: response if to_ci(asked) else None


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
    deployed.cos.faults = Faults(only=to_ci, then=fault)
    answer = deployed.post(body(job()))
    assert (answer.status, answer.outcomes) == (503, ["unverified"])
    assert deployed.listing() == []
    deployed.cos.faults = Faults()
    assert deployed.post(body(job())).outcomes == ["written"]


def test_an_answer_that_is_not_cis_verifies_nothing(deployed: Deployment) -> None:
    """What cannot be read is no word of CI."""
    deployed.cos.intercept = answering(ServiceError(200, "x", "y").response("jobs/s1", "id"))
    assert deployed.post(body(job())).outcomes == ["unverified"]


def test_another_job_is_no_answer(deployed: Deployment) -> None:
    """Only the job that was asked for counts, whatever else CI may list."""
    other = to_xml("Response", {"JobsDetail": [job(JobId="another")]})
    deployed.cos.intercept = answering(Response(200, (), other.encode()))
    assert deployed.post(body(job())).outcomes == ["refused"]


def test_a_404_of_ci_is_an_unknown_job(deployed: Deployment) -> None:
    """However CI says that there is no such job, it is refused."""
    deployed.cos.intercept = answering(ServiceError(404, "ResourceNotFound", "no job").response("jobs/s1", "id"))
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


@pytest.mark.parametrize(("tag", "kept"), [("FileCompress", True), ("NoTagOfOurs", True), ("ImageOCR", False)])
def test_what_no_sweep_would_find_is_kept_while_ci_cannot_be_asked(
    tag: str,
    kept: bool,  # noqa: FBT001 - pytest passes parameters by name
    deployed: Deployment,
) -> None:
    """A job of which CI has no list becomes a letter; one that it lists is left to the sweep."""
    deployed.cos.faults = Faults(only=to_ci, then="503")
    answer = deployed.post(body(job(Tag=tag)))
    assert answer.outcomes == (["dead-lettered"] if kept else ["unverified"])
    assert len(deployed.letters()) == kept


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
    deployed.cos.faults = Faults(only=lambda asked: "unknown" in asked.key, then="503")
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
    deployed.cos.faults = Faults(only=to_ci, then="503")
    with pytest.raises(Redeliver):
        deployed.send(event)
    deployed.cos.faults = Faults()
    assert deployed.send(event)["statusCode"] == 200
    assert deployed.listing() == []


# --- workflow runs and reviews ------------------------------------------------------------------------------------

ENTRIES = catalog()
FORMS = [(tag, "Detail") for tag in NO_JOBS] + [(tag, "Simple") for tag in NO_JOBS if has_simple_form(ENTRIES[tag])]
EVERYTHING = '[{"tag":"*","state":"Success","write":"{tag}/{job_id}.json"},{"tag":"*","state":"*","ignore":true}]'

each_tag = pytest.mark.parametrize("tag", NO_JOBS)
each_form = pytest.mark.parametrize(("tag", "form"), FORMS)


@pytest.fixture
def keeping(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function that verifies, and writes what succeeded under its id, be it about an object or not."""
    return deploy(VERIFY="job", ROUTES=EVERYTHING)


def id_of(tag: str) -> str:
    """Return the id of the run or the review."""
    return f"{'i' if tag == 'Workflow' else 's'}0123456789abcdef"


def path_of(tag: str) -> Kind:
    """Return where CI knows what has the Tag."""
    others = {"Workflow": "workflowexecution", "VirusDetect": "virus/detect", "ReviewHtml": "webpage/auditing"}
    return cast("Kind", others.get(tag) or f"{tag.removeprefix('Review').lower()}/auditing")


def key_of(tag: str) -> str:
    """Return the key that its result has with `EVERYTHING`."""
    return f"{tag}/{id_of(tag)}.json"


def called_back(tag: str, *, form: str = "Detail", **more: Any) -> str:
    """Return a callback's body; what else is given goes over the run or the review, None takes a field away."""
    tree = callback(Order(ENTRIES[tag], simple=form == "Simple", bucket=BUCKET, region=REGION))
    if form == "Simple":
        code = 1 if more.get("State") == "Failed" else 0
        return json.dumps({**tree, "code": code, "data": {**tree["data"], "trace_id": id_of(tag), **more}})
    name = "WorkflowExecution" if tag == "Workflow" else "JobsDetail"
    (detail,) = [tree[name]] if tag == "Workflow" else tree[name]
    fields = {**detail, ("RunId" if tag == "Workflow" else "JobId"): id_of(tag), **more}
    kept = {field: value for field, value in fields.items() if value is not None}
    if tag == "Workflow":
        return as_xml({**tree, name: kept})
    return as_native_json(ENTRIES[tag], {"EventName": tag, name: [kept]})


def told(tag: str) -> dict[str, Any]:
    """Return what CI tells who asks, as its documents have it: neither bucket nor region, and a run's own words."""
    tree = callback(Order(ENTRIES[tag], bucket=BUCKET, region=REGION))
    if tag != "Workflow":
        (detail,) = tree["JobsDetail"]
        return {**{name: detail[name] for name in detail if name not in {"BucketId", "Region"}}, "JobId": id_of(tag)}
    run = tree["WorkflowExecution"]
    notify = {"State": "On", "Url": f"https://function.example/{TOKEN}"}
    return {
        "WorkflowId": run["WorkflowId"],
        "Name": run["WorkflowName"],
        "RunId": id_of(tag),
        "CreateTime": "2025-03-01T09:00:01+08:00",
        "Object": run["Object"],
        "State": "Success",
        "Topology": {"Nodes": {"Start": {"Type": "Start", "Input": {"ObjectPrefix": "in/", "NotifyConfig": notify}}}},
        "Tasks": [{"Type": "Transcode", "JobId": "j1", "State": "Success", "Code": "Success", "Message": None}],
    }


def let_ci_know(deployed: Deployment, tag: str, bucket: str = BUCKET, **more: Any) -> None:
    """Let CI know the run or the review."""
    deployed.cos.ci.others.add(bucket, path_of(tag), {**told(tag), **more})


@each_form
def test_what_ci_says_of_a_run_or_a_review_is_written(tag: str, form: str, keeping: Deployment) -> None:
    """Whatever the body claims, in whichever form, its object has CI's own values, and the bucket that was asked."""
    let_ci_know(keeping, tag, Remark="CI's own")
    forged = called_back(tag, form=form, State="Failed", Remark="Forged")
    assert keeping.post(forged).outcomes == ["written"]
    assert keeping.methods == ["GET", "PUT"]
    assert asked_of_ci(keeping) == [f"{BUCKET}/{path_of(tag)}/{id_of(tag)}"]
    written = keeping.result(key_of(tag))
    expected = {
        "EventName": "WorkflowFinish" if tag == "Workflow" else tag,
        "JobId": id_of(tag),
        "Tag": tag,
        "State": "Success",
        "BucketId": BUCKET,
        "Remark": "CI's own",
    }
    assert {name: written[name] for name in expected} == expected
    assert "data" not in written


@pytest.mark.parametrize(
    ("state", "event_name"),
    [
        *((state, "WorkflowFinish") for state in ("Success", "Failed", "Cancel")),
        *((state, "WorkflowStart") for state in ("Running", "Submitted", "Pause", None)),
    ],
)
def test_a_verified_run_is_called_what_it_is(
    state: str | None, event_name: str, deploy: Callable[..., Deployment]
) -> None:
    """A run that has not ended is told as one that began, whatever the callback claims."""
    keeping = deploy(VERIFY="job", ROUTES='[{"tag":"*","state":"*","write":"{tag}/{job_id}.json"}]')
    let_ci_know(keeping, "Workflow", State=state)
    assert keeping.post(called_back("Workflow")).outcomes == ["written"]
    written = keeping.result(key_of("Workflow"))
    assert (written["EventName"], written["State"]) == (event_name, state or "")


@pytest.mark.parametrize("tag", [tag for tag in NO_JOBS if tag != "Workflow"])
def test_a_verified_review_is_what_its_detail_form_tells(tag: str, deploy: Callable[..., Deployment]) -> None:
    """CI's XML gives the object that its callback in JSON gives, but for the region, which only callbacks name."""
    trusting, keeping = deploy(ROUTES=EVERYTHING), deploy(VERIFY="job", ROUTES=EVERYTHING)
    let_ci_know(keeping, tag)
    assert trusting.post(called_back(tag)).outcomes == ["written"]
    believed = trusting.result(key_of(tag))
    trusting.cos.delete(BUCKET, key_of(tag))
    believed.pop("Region", None)
    keeping.post(called_back(tag))
    assert keeping.result(key_of(tag)) == {**believed, "BucketId": BUCKET}


@each_form
def test_an_unknown_run_or_review_is_refused_without_a_trace(tag: str, form: str, keeping: Deployment) -> None:
    """What CI does not know under its id is nobody's, even where a job, or another bucket's, has the same id."""
    keeping.cos.ci.add(BUCKET, job(JobId=id_of(tag), Tag=tag))
    let_ci_know(keeping, tag, OTHER)
    answer = keeping.post(called_back(tag, form=form))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert answer.body["jobs"][0]["reason"] == "unknown-job"
    assert keeping.listing() == []
    assert asked_of_ci(keeping) == [f"{BUCKET}/{path_of(tag)}/{id_of(tag)}"]


@each_tag
@pytest.mark.parametrize("fault", ["503", "cut-body", "denied"])
def test_while_ci_cannot_be_asked_a_run_or_a_review_is_kept(tag: str, fault: Any, keeping: Deployment) -> None:
    """CI out of reach, an answer cut off, the role not allowed: a letter holds what no sweep would find.

    Its replay asks CI, and writes what CI says: a forged one is refused then.
    """
    let_ci_know(keeping, tag)
    if fault == "denied":
        keeping.cos.policy = lambda action, *_: not action.startswith("ci:")
    else:
        keeping.cos.faults = Faults(only=to_ci, then=fault)
    forged_id = "none-of-cis"
    for body_ in (called_back(tag), called_back(tag, **{"RunId" if tag == "Workflow" else "JobId": forged_id})):
        answer = keeping.post(body_)
        assert (answer.status, answer.outcomes) == (200, ["dead-lettered"])
    assert len(keeping.letters()) == len(keeping.listing()) == 2
    replayed = Answer(keeping.send({"replay": {}})).body["results"]
    assert [each["outcome"] for each in replayed] == ["kept", "kept"]
    keeping.cos.faults = Faults()
    keeping.cos.policy = lambda *_: True
    replayed = Answer(keeping.send({"replay": {}})).body["results"]
    assert sorted(each["jobs"][0]["outcome"] for each in replayed) == ["refused", "written"]
    assert len(keeping.letters()) == len(keeping.listing()) - 1


@each_form
@pytest.mark.parametrize("bad", ["../a", "a/b", "a,b", "a?b=c", "a%2Fb", "", "é", "a" * 65])
def test_a_bad_id_of_a_run_or_a_review_is_not_asked_for(tag: str, form: str, bad: str, keeping: Deployment) -> None:
    """Their ids go into a path as well: one that CI could not have given leads nowhere."""
    name = "trace_id" if form == "Simple" else "RunId" if tag == "Workflow" else "JobId"
    answer = keeping.post(called_back(tag, form=form, **{name: bad}))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert keeping.cos.requests == []


@each_form
def test_a_run_or_a_review_verified_again_is_a_duplicate(tag: str, form: str, keeping: Deployment) -> None:
    """The same bytes stay, whichever form comes first, and whatever the second delivery claims."""
    let_ci_know(keeping, tag)
    assert keeping.post(called_back(tag, form=form)).outcomes == ["written"]
    written = keeping.cos.get(BUCKET, key_of(tag))
    assert keeping.post(called_back(tag, Remark="Forged")).outcomes == ["duplicate"]
    assert keeping.cos.get(BUCKET, key_of(tag)) == written
    keeping.cos.delete(BUCKET, key_of(tag))
    assert keeping.post(called_back(tag)).outcomes == ["written"]
    assert keeping.cos.get(BUCKET, key_of(tag)).body == written.body


@each_form
def test_what_was_believed_before_is_a_duplicate(tag: str, form: str, deploy: Callable[..., Deployment]) -> None:
    """A result that was written before VERIFY was set is the same as the verified one, and stays."""
    trusting, keeping = deploy(ROUTES=EVERYTHING), deploy(VERIFY="job", ROUTES=EVERYTHING)
    let_ci_know(keeping, tag)
    assert trusting.post(called_back(tag, form=form)).outcomes == ["written"]
    assert keeping.post(called_back(tag, form=form)).outcomes == ["duplicate"]


@each_tag
@pytest.mark.parametrize("home", [BUCKET, OTHER])
def test_a_run_or_a_review_without_a_bucket_is_looked_for(
    tag: str, home: str, deploy: Callable[..., Deployment]
) -> None:
    """It belongs to the listed bucket whose CI knows it, and its result says so and goes there."""
    keeping = deploy(VERIFY="job", ROUTES=EVERYTHING, BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    let_ci_know(keeping, tag, home)
    assert keeping.post(called_back(tag, BucketId=None, Region=None)).outcomes == ["written"]
    assert keeping.listing(home) == [key_of(tag)]
    assert keeping.result(key_of(tag), home)["BucketId"] == home


def test_a_review_of_a_url_belongs_to_the_bucket_that_was_asked(deploy: Callable[..., Deployment]) -> None:
    """As without VERIFY: a picture may lie elsewhere, its result goes to the bucket that had it reviewed."""
    keeping = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    url = f"https://{OTHER}.cos.ap-guangzhou.myqcloud.com/a.jpg"
    let_ci_know(keeping, "ReviewImage", Object=None, Url=url)
    assert keeping.post(called_back("ReviewImage", Object=None, Url=url)).outcomes == ["written"]
    assert (keeping.listing(), keeping.listing(OTHER)) == (["a.jpg.ReviewImage.json"], [])


def test_a_verified_run_lies_where_it_lay(deployed: Deployment) -> None:
    """Next to its object, the workflow's name where callbacks have it, and without the callback URL and its token."""
    let_ci_know(deployed, "Workflow")
    assert deployed.post(called_back("Workflow")).outcomes == ["written"]
    assert deployed.listing() == ["in/sample.mp4.workflow.json"]
    written = deployed.result("in/sample.mp4.workflow.json")
    assert written["WorkflowName"] == "my_workflow"
    assert written["CreateTime"] == "2025-03-01T09:00:01+08:00"
    assert written["Tasks"] == [{"Type": "Transcode", "JobId": "j1", "State": "Success", "Code": "Success"}]
    assert not {"Name", "Topology"} & written.keys()
    assert TOKEN not in json.dumps(written)


def test_a_run_may_be_told_with_both_names(keeping: Deployment) -> None:
    """CI's document shows Name and explains WorkflowName: where both come, both are kept."""
    let_ci_know(keeping, "Workflow", WorkflowName="w", Name="n")
    keeping.post(called_back("Workflow"))
    written = keeping.result(key_of("Workflow"))
    assert (written["WorkflowName"], written["Name"]) == ("w", "n")


@pytest.mark.parametrize(
    ("tag", "state"), [("Workflow", "Running"), ("Workflow", "Cancel"), ("ReviewVideo", "Auditing")]
)
def test_a_run_or_a_review_that_has_not_ended_goes_through_the_routes(
    tag: str, state: str, deploy: Callable[..., Deployment]
) -> None:
    """Its State is CI's: the default routes ignore it, whatever the body claims, and others may write it."""
    default = deploy(VERIFY="job")
    let_ci_know(default, tag, State=state)
    assert default.post(called_back(tag)).outcomes == ["ignored"]
    assert default.listing() == []
    writing = deploy(VERIFY="job", ROUTES='[{"tag":"*","state":"*","write":"{state}/{job_id}.json"}]')
    assert writing.post(called_back(tag)).outcomes == ["written"]
    assert writing.result(f"{state}/{id_of(tag)}.json")["State"] == state


@each_tag
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("<Response><RequestId>r</RequestId></Response>", "refused"),
        ("<Response><{0}/></Response>", "refused"),
        ("<Response><{0}><JobId>other</JobId><RunId>other</RunId></{0}></Response>", "refused"),
        ("<Response><{0}>text</{0}></Response>", "dead-lettered"),
        ("<Response><{0}><JobId>", "dead-lettered"),
    ],
)
def test_only_the_run_or_the_review_that_was_asked_for_counts(
    tag: str, answer: str, outcome: str, keeping: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without it means that CI knows none; one that cannot be read means nothing: the callback is kept."""
    content = answer.format("WorkflowExecution" if tag == "Workflow" else "JobsDetail").encode()
    monkeypatch.setattr(keeping.cos.ci, "answer", lambda *_: Response(200, (), content))
    assert keeping.post(called_back(tag)).outcomes == [outcome]
    assert len(keeping.listing()) == len(keeping.letters()) == (outcome == "dead-lettered")


@pytest.mark.parametrize("names", [{}, {"EventName": "SomethingNew"}])
def test_what_names_no_known_tag_may_be_a_virus_search(names: dict[str, str], keeping: Deployment) -> None:
    """No document says what names the callback of a virus search: CI is asked for one where it knows no such job."""
    let_ci_know(keeping, "VirusDetect")
    sent = json.dumps({**names, "JobsDetail": {"JobId": id_of("VirusDetect"), "State": "Success"}})
    assert keeping.post(sent).outcomes == ["written"]
    assert keeping.result(key_of("VirusDetect"))["Suggestion"] == "block"
    assert asked_of_ci(keeping) == [f"{BUCKET}/{path}/{id_of('VirusDetect')}" for path in ("jobs", "virus/detect")]
