"""VERIFY=job for workflow runs and reviews, which CI has apart from its jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from ci_callback.shapes import NO_JOBS
from local.faults.requests import Faults
from local.http.message import Response
from models.catalog import catalog
from models.wire import Order, as_native_json, as_xml, callback, has_simple_form
from tests.handler.results.test_verify import OTHER, ci_requests, to_ci
from tests.support.bodies import job
from tests.support.deployment import BUCKET, REGION, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.ci.others import Kind
    from tests.support.deployment import Deployment

ENTRIES = catalog()

FORMS = [(tag, "Detail") for tag in NO_JOBS] + [(tag, "Simple") for tag in NO_JOBS if has_simple_form(ENTRIES[tag])]

EVERYTHING = '[{"tag":"*","state":"Success","write":"{tag}/{job_id}.json"},{"tag":"*","state":"*","ignore":true}]'

each_tag = pytest.mark.parametrize("tag", NO_JOBS)
each_form = pytest.mark.parametrize(("tag", "form"), FORMS)


@pytest.fixture
def keeping(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with VERIFY=job that writes every success under its id."""
    return deploy(VERIFY="job", ROUTES=EVERYTHING)


def id_of(tag: str) -> str:
    """Return the id of the run or the review."""
    return f"{'i' if tag == 'Workflow' else 's'}0123456789abcdef"


def path_of(tag: str) -> Kind:
    """Return CI's path for the Tag."""
    others = {"Workflow": "workflowexecution", "VirusDetect": "virus/detect", "ReviewHtml": "webpage/auditing"}
    return cast("Kind", others.get(tag) or f"{tag.removeprefix('Review').lower()}/auditing")


def key_of(tag: str) -> str:
    """Return the key of its result by `EVERYTHING`."""
    return f"{tag}/{id_of(tag)}.json"


def called_back(tag: str, *, form: str = "Detail", **more: Any) -> str:
    """Return a callback's body; `more` replaces fields of the run or review, None removes one."""
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


def ci_answer(tag: str) -> dict[str, Any]:
    """Return CI's documented answer: without bucket and region, and with other names for a run."""
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


def add_to_ci(deployed: Deployment, tag: str, bucket: str = BUCKET, **more: Any) -> None:
    """Add the run or review to CI."""
    deployed.cos.ci.others.add(bucket, path_of(tag), {**ci_answer(tag), **more})


@each_form
def test_verified_run_or_review_is_written_from_the_answer_of_ci(tag: str, form: str, keeping: Deployment) -> None:
    """Regardless of the body and its form, with the bucket that was asked."""
    add_to_ci(keeping, tag, Remark="CI's own")
    forged = called_back(tag, form=form, State="Failed", Remark="Forged")
    assert keeping.post(forged).outcomes == ["written"]
    assert keeping.methods == ["GET", "PUT"]
    assert ci_requests(keeping) == [f"{BUCKET}/{path_of(tag)}/{id_of(tag)}"]
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
def test_event_name_of_a_verified_run_is_that_of_its_state(
    state: str | None, event_name: str, deploy: Callable[..., Deployment]
) -> None:
    """By CI's State, regardless of the callback."""
    keeping = deploy(VERIFY="job", ROUTES='[{"tag":"*","state":"*","write":"{tag}/{job_id}.json"}]')
    add_to_ci(keeping, "Workflow", State=state)
    assert keeping.post(called_back("Workflow")).outcomes == ["written"]
    written = keeping.result(key_of("Workflow"))
    assert (written["EventName"], written["State"]) == (event_name, state or "")


@pytest.mark.parametrize("tag", [tag for tag in NO_JOBS if tag != "Workflow"])
def test_verified_review_equals_its_detail_callback(tag: str, deploy: Callable[..., Deployment]) -> None:
    """Except for the region, which only callbacks have."""
    trusting, keeping = deploy(ROUTES=EVERYTHING), deploy(VERIFY="job", ROUTES=EVERYTHING)
    add_to_ci(keeping, tag)
    assert trusting.post(called_back(tag)).outcomes == ["written"]
    unverified = trusting.result(key_of(tag))
    trusting.cos.delete(BUCKET, key_of(tag))
    unverified.pop("Region", None)
    keeping.post(called_back(tag))
    assert keeping.result(key_of(tag)) == {**unverified, "BucketId": BUCKET}


@each_form
def test_unknown_run_or_review_is_refused_without_a_trace(tag: str, form: str, keeping: Deployment) -> None:
    """Even if a job, or a run or review of another bucket, has the same id."""
    keeping.cos.ci.add(BUCKET, job(JobId=id_of(tag), Tag=tag))
    add_to_ci(keeping, tag, OTHER)
    answer = keeping.post(called_back(tag, form=form))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert answer.body["jobs"][0]["reason"] == "unknown-job"
    assert keeping.listing() == []
    assert ci_requests(keeping) == [f"{BUCKET}/{path_of(tag)}/{id_of(tag)}"]


@each_tag
@pytest.mark.parametrize("fault", ["503", "cut-body", "denied"])
def test_unverified_run_or_review_leaves_no_trace(tag: str, fault: Any, keeping: Deployment) -> None:
    """503 while CI cannot be asked, for one that CI knows and for a forged one."""
    add_to_ci(keeping, tag)
    if fault == "denied":
        keeping.cos.policy = lambda action, *_: not action.startswith("ci:")
    else:
        keeping.cos.faults = Faults(only=to_ci, then=fault)
    for body_ in (called_back(tag), called_back(tag, **{"RunId" if tag == "Workflow" else "JobId": "forged"})):
        answer = keeping.post(body_)
        assert (answer.status, answer.outcomes) == (503, ["unverified"])
    assert keeping.listing() == []
    keeping.cos.faults = Faults()
    keeping.cos.policy = lambda *_: True
    assert keeping.post(called_back(tag)).outcomes == ["written"]


@each_form
@pytest.mark.parametrize("bad", ["../a", "a/b", "a,b", "a?b=c", "a%2Fb", "", "é", "a" * 65])
def test_invalid_id_of_a_run_or_review_is_not_looked_up(tag: str, form: str, bad: str, keeping: Deployment) -> None:
    """Their ids are part of a path, too."""
    name = "trace_id" if form == "Simple" else "RunId" if tag == "Workflow" else "JobId"
    answer = keeping.post(called_back(tag, form=form, **{name: bad}))
    assert (answer.status, answer.outcomes) == (403, ["refused"])
    assert keeping.cos.requests == []


@each_form
def test_run_or_review_verified_again_is_a_duplicate(tag: str, form: str, keeping: Deployment) -> None:
    """In either form, and regardless of the second body."""
    add_to_ci(keeping, tag)
    assert keeping.post(called_back(tag, form=form)).outcomes == ["written"]
    written = keeping.cos.get(BUCKET, key_of(tag))
    assert keeping.post(called_back(tag, Remark="Forged")).outcomes == ["duplicate"]
    assert keeping.cos.get(BUCKET, key_of(tag)) == written
    keeping.cos.delete(BUCKET, key_of(tag))
    assert keeping.post(called_back(tag)).outcomes == ["written"]
    assert keeping.cos.get(BUCKET, key_of(tag)).body == written.body


@each_form
def test_verified_result_settles_an_unverified_one(tag: str, form: str, deploy: Callable[..., Deployment]) -> None:
    """Written before VERIFY was set, a run stays, and a review gives way to the verdict of CI."""
    trusting, keeping = deploy(ROUTES=EVERYTHING), deploy(VERIFY="job", ROUTES=EVERYTHING)
    add_to_ci(keeping, tag)
    assert trusting.post(called_back(tag, form=form)).outcomes == ["written"]
    expected = "written" if tag.startswith("Review") else "duplicate"
    assert keeping.post(called_back(tag, form=form)).outcomes == [expected]
    assert keeping.post(called_back(tag, form=form)).outcomes == ["duplicate"]


@each_tag
@pytest.mark.parametrize("home", [BUCKET, OTHER])
def test_run_or_review_without_a_bucket_is_looked_up_in_each(
    tag: str, home: str, deploy: Callable[..., Deployment]
) -> None:
    """Its result names that bucket and is written there."""
    keeping = deploy(VERIFY="job", ROUTES=EVERYTHING, BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    add_to_ci(keeping, tag, home)
    assert keeping.post(called_back(tag, BucketId=None, Region=None)).outcomes == ["written"]
    assert keeping.listing(home) == [key_of(tag)]
    assert keeping.result(key_of(tag), home)["BucketId"] == home


@pytest.mark.parametrize("tag", [tag for tag in NO_JOBS if tag.startswith("Review")])
@pytest.mark.parametrize("form", ["Detail", "Simple"])
def test_review_whose_callback_does_not_name_its_kind_is_looked_up_as_each(
    tag: str, form: str, keeping: Deployment
) -> None:
    """A Simple review without an event, and a Detail one: its result has the kind that CI knows."""
    add_to_ci(keeping, tag)
    simple = {"code": 0, "data": {"trace_id": id_of(tag), "result": 1}}
    detail = {"JobsDetail": {"JobId": id_of(tag), "State": "Success", "Result": 1}}
    assert keeping.post(json.dumps(simple if form == "Simple" else detail)).outcomes == ["written"]
    assert keeping.listing() == [key_of(tag)]


def test_requests_to_ci_about_reviews_of_any_kind_are_bounded(keeping: Deployment) -> None:
    """A hundred for one callback, also where each review takes several."""
    sent = [{"JobId": f"s{at}", "State": "Success", "Result": 1} for at in range(20)]
    assert keeping.post(json.dumps({"JobsDetail": sent})).status == 503
    assert len(ci_requests(keeping)) == 100


def test_review_of_a_url_is_written_to_the_bucket_that_was_asked(deploy: Callable[..., Deployment]) -> None:
    """As without VERIFY."""
    keeping = deploy(VERIFY="job", BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    url = f"https://{OTHER}.cos.ap-guangzhou.myqcloud.com/a.jpg"
    add_to_ci(keeping, "ReviewImage", Object=None, Url=url)
    assert keeping.post(called_back("ReviewImage", Object=None, Url=url)).outcomes == ["written"]
    assert (keeping.listing(), keeping.listing(OTHER)) == (["a.jpg.ReviewImage.json"], [])


def test_verified_run_has_the_key_of_an_unverified_one(deploy: Callable[..., Deployment]) -> None:
    """Next to its object, with the workflow's name as in callbacks, without the callback URL and its token."""
    deployed = deploy(VERIFY="job")
    add_to_ci(deployed, "Workflow")
    assert deployed.post(called_back("Workflow")).outcomes == ["written"]
    assert deployed.listing() == ["in/sample.mp4.workflow.json"]
    written = deployed.result("in/sample.mp4.workflow.json")
    assert written["WorkflowName"] == "my_workflow"
    assert written["CreateTime"] == "2025-03-01T09:00:01+08:00"
    assert written["Tasks"] == [{"Type": "Transcode", "JobId": "j1", "State": "Success", "Code": "Success"}]
    assert not {"Name", "Topology"} & written.keys()
    assert TOKEN not in json.dumps(written)


def test_run_with_both_names_keeps_both(keeping: Deployment) -> None:
    """CI's document shows Name and explains WorkflowName; both are kept."""
    add_to_ci(keeping, "Workflow", WorkflowName="w", Name="n")
    keeping.post(called_back("Workflow"))
    written = keeping.result(key_of("Workflow"))
    assert (written["WorkflowName"], written["Name"]) == ("w", "n")


@pytest.mark.parametrize(
    ("tag", "state"), [("Workflow", "Running"), ("Workflow", "Cancel"), ("ReviewVideo", "Auditing")]
)
def test_unfinished_run_or_review_is_routed_by_its_state(
    tag: str, state: str, deploy: Callable[..., Deployment]
) -> None:
    """By CI's State: the default routes write a live review's segments only, others may write any."""
    default = deploy(VERIFY="job")
    add_to_ci(default, tag, State=state)
    outcome = {"Auditing": "written", "Cancel": "ignored", "Running": "unverified"}[state]
    assert default.post(called_back(tag)).outcomes == [outcome]
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
        ("<Response><{0}>text</{0}></Response>", "unverified"),
        ("<Response><{0}><JobId>", "unverified"),
    ],
)
def test_answer_without_the_requested_run_or_review_is_refused(
    tag: str, answer: str, outcome: str, keeping: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer without it means that there is none; an unreadable one means nothing."""
    content = answer.format("WorkflowExecution" if tag == "Workflow" else "JobsDetail").encode()
    monkeypatch.setattr(keeping.cos.ci, "answer", lambda *_: Response(200, (), content))
    assert keeping.post(called_back(tag)).outcomes == [outcome]
    assert keeping.listing() == []


@pytest.mark.parametrize("names", [{}, {"EventName": "SomethingNew"}])
def test_callback_without_a_tag_may_be_a_virus_detection(names: dict[str, str], keeping: Deployment) -> None:
    """No document names the Tag of a virus detection: CI is asked for one if it has no such job."""
    add_to_ci(keeping, "VirusDetect")
    sent = json.dumps({**names, "JobsDetail": {"JobId": id_of("VirusDetect"), "State": "Success"}})
    assert keeping.post(sent).outcomes == ["written"]
    assert keeping.result(key_of("VirusDetect"))["Suggestion"] == "block"
    assert ci_requests(keeping) == [f"{BUCKET}/{path}/{id_of('VirusDetect')}" for path in ("jobs", "virus/detect")]
