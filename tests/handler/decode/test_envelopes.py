"""What CI posts besides task callbacks: workflow runs, reviews in both forms, bodies without a root or a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job, to_xml, without_empty
from tests.support.deployment import BUCKET, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.bodies import Format
    from tests.support.deployment import Deployment

VIDEO = "in/film.mp4"
URL = f"https://{BUCKET}.cos.{REGION}.myqcloud.com"


def run(**more: Any) -> dict[str, Any]:
    """Return a workflow run in CI's field names, as XML has it."""
    task = {"Type": "Snapshot", "Name": "Snapshot_1", "JobId": "j1", "State": "Success"}
    fields = {
        "RunId": "i0123",
        "WorkflowId": "w0123",
        "WorkflowName": "cut",
        "BucketId": BUCKET,
        "Object": VIDEO,
        "CreateTime": "2025-03-01 09:00:01+0800",
        "State": "Success",
        "Tasks": [{**task, "CreateTime": "2025-03-01 09:00:02+0800", "ResultInfo": {"ObjectCount": "2"}}],
        **more,
    }
    return {name: value for name, value in fields.items() if value is not None}


def finish(form: Format, event: str = "WorkflowFinish", **more: Any) -> str:
    """Return a workflow callback."""
    envelope = {"EventName": event, "WorkflowExecution": run(**more)}
    return to_xml("Response", envelope) if form == "xml" else json.dumps(_as_json(envelope))


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return _as_json(value[0]) if len(value) == 1 else [_as_json(item) for item in value]
    return without_empty(value)


@pytest.mark.parametrize("form", ["xml", "json"])
def test_a_workflow_run_is_kept_beside_its_input(form: Format, deployed: Deployment) -> None:
    """Its object lists the tasks; the run's id stands for the JobId, and times lose their space."""
    answer = deployed.post(finish(form))
    assert answer.outcomes == ["written"]
    assert deployed.result(f"{VIDEO}.workflow.json") == {
        "EventName": "WorkflowFinish",
        "JobId": "i0123",
        "Tag": "Workflow",
        "State": "Success",
        "Code": "",
        "Message": "",
        "BucketId": BUCKET,
        "CreateTime": "2025-03-01T09:00:01+08:00",
        "Object": VIDEO,
        "RunId": "i0123",
        "Tasks": [
            {
                "Type": "Snapshot",
                "Name": "Snapshot_1",
                "JobId": "j1",
                "State": "Success",
                "CreateTime": "2025-03-01T09:00:02+08:00",
                "ResultInfo": {"ObjectCount": 2},
            }
        ],
        "WorkflowId": "w0123",
        "WorkflowName": "cut",
    }


def test_a_later_run_replaces_an_earlier_one(deployed: Deployment) -> None:
    """Runs on one object are told apart by RunId and ordered by CreateTime, be they failed or not."""
    deployed.post(finish("xml"))
    later = {"RunId": "i9", "CreateTime": "2025-03-02 09:00:01+0800", "State": "Failed"}
    assert deployed.post(finish("json", **later)).outcomes == ["written"]
    assert deployed.post(finish("xml")).outcomes == ["stale"]
    assert deployed.post(finish("xml", **later)).outcomes == ["duplicate"]
    assert deployed.result(f"{VIDEO}.workflow.json")["State"] == "Failed"


@pytest.mark.parametrize("state", ["Running", None])
def test_the_start_of_a_run_is_ignored_unless_a_route_asks_for_it(
    state: str | None, deploy: Callable[..., Deployment]
) -> None:
    """A run that begins has no result yet; a route may keep it all the same, and the end replaces it."""
    sent = finish("xml", event="WorkflowStart", State=state)
    assert deploy().post(sent).outcomes == ["ignored"]
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"runs/{workflow_id}/{run_id}{node}.json"}]')
    assert deployed.post(sent).outcomes == ["written"]
    assert deployed.post(finish("xml")).outcomes == ["written"]
    assert deployed.result("runs/w0123/i0123.json")["EventName"] == "WorkflowFinish"


def test_a_run_that_ends_without_a_state_has_failed(deployed: Deployment) -> None:
    """As with jobs, only Success is success."""
    deployed.post(finish("json", State=None))
    assert deployed.result(f"{VIDEO}.workflow.json")["State"] == "Failed"


@pytest.mark.parametrize("prolog", ["", '<?xml version="1.0" encoding="utf-8"?>\n'])
def test_a_body_without_a_root_is_read(prolog: str, deployed: Deployment) -> None:
    """One published workflow callback has no root element around its two; it means the same as with one."""
    whole = finish("xml")
    rootless = prolog + whole.removeprefix("<Response>").removesuffix("</Response>")
    deployed.post(whole)
    assert deployed.post(rootless).outcomes == ["duplicate"]


def test_several_runs_are_settled_each_on_its_own(deployed: Deployment) -> None:
    """A list of runs is no other than a list of jobs; one that is no object is named."""
    runs = [run(), run(RunId="i2", Object="in/other.mp4")]
    answer = deployed.post(json.dumps({"EventName": "WorkflowFinish", "WorkflowExecution": runs}))
    assert answer.outcomes == ["written", "written"]
    answer = deployed.post(json.dumps({"EventName": "WorkflowFinish", "WorkflowExecution": [run(), "x"]}))
    assert answer.status == 400
    assert "WorkflowExecution[1]" in answer.body["detail"]


def review(**more: Any) -> str:
    """Return a review callback in the Detail form: real numbers, empty texts, headers as a map."""
    detail = {
        "JobId": "si0123",
        "State": "Success",
        "CreationTime": "2025-03-01T09:00:01+08:00",
        "Object": "in/picture.jpg",
        "Url": "",
        "Label": "Porn",
        "Result": 1,
        "Score": 97,
        "PornInfo": {"HitFlag": 1, "Score": 97, "Label": "", "Category": ""},
        "BucketId": BUCKET,
        "Region": REGION,
        "ForbidState": 0,
        "CosHeaders": {"x-cos-meta-id": "7"},
        **more,
    }
    return json.dumps({"EventName": "ReviewImage", "JobsDetail": detail})


def test_a_review_is_kept_beside_its_object(deployed: Deployment) -> None:
    """The Tag of a review is the name of its event; numbers stay numbers, zero included."""
    assert deployed.post(review()).outcomes == ["written"]
    result = deployed.result("in/picture.jpg.ReviewImage.json")
    assert (result["JobId"], result["Tag"], result["Result"], result["ForbidState"]) == ("si0123", "ReviewImage", 1, 0)
    assert result["PornInfo"] == {"HitFlag": 1, "Score": 97}
    assert result["CosHeaders"] == {"x-cos-meta-id": "7"}


def simple(**more: Any) -> str:
    """Return a review callback in the Simple form."""
    data = {"event": "ReviewImage", "result": 2, "trace_id": "ix1", "url": f"{URL}/in/%E7%85%A7%20a.jpg", **more}
    return json.dumps({"code": 0, "message": "success", "data": data})


def test_a_simple_review_is_kept_beside_what_its_url_names(deployed: Deployment) -> None:
    """It has no JobId but a trace_id, and names its object by URL; what it says is kept as `data`."""
    assert deployed.post(simple()).outcomes == ["written"]
    result = deployed.result("in/照 a.jpg.ReviewImage.json")
    assert list(result) == ["EventName", "JobId", "Tag", "State", "Code", "Message", "data"]
    assert (result["JobId"], result["State"], result["Code"]) == ("ix1", "Success", "0")
    assert result["data"]["result"] == 2


def test_a_simple_review_with_a_code_has_failed(deployed: Deployment) -> None:
    """Any code but 0 is an error."""
    sent = json.loads(simple())
    assert deployed.post(json.dumps({**sent, "code": -1, "message": "bad picture"})).outcomes == ["written"]
    assert deployed.result("in/照 a.jpg.ReviewImage.failed.json")["Message"] == "bad picture"


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        (f"{URL}/a.jpg?sign=x", "written"),
        (f"https://{BUCKET}.cos.{REGION}.tencentcos.cn/a.jpg", "written"),
        (f"https://elsewhere-1234567890.cos.{REGION}.myqcloud.com/a.jpg", "dead-lettered"),
        (f"https://{BUCKET}.cos.{REGION}.myqcloud.com.evil.example/a.jpg", "dead-lettered"),
        (f"{URL}/%ff.jpg", "dead-lettered"),
        (f"{URL}/", "dead-lettered"),
        ("https://example.com/a.jpg", "dead-lettered"),
        ("", "dead-lettered"),
    ],
)
def test_a_url_names_an_object_only_in_a_listed_bucket(url: str, outcome: str, deployed: Deployment) -> None:
    """What a URL says is no more trusted than the rest of the body: no other host, no key that is no text."""
    assert deployed.post(review(Object="", BucketId="", Region="", Url=url)).outcomes == [outcome]
    assert {request.bucket for request in deployed.cos.requests} <= {BUCKET}


VERDICTS = [
    {"tag": "Review*", "state": "Success", "result": "block", "write": "blocked/{tag}/{job_id}.json"},
    {"tag": "Review*", "state": "Success", "result": "[nr]*", "write": "seen/{result}/{job_id}.json"},
    {"tag": "*", "state": "*", "ignore": True},
]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        (review(Result=1), "blocked/ReviewImage/si0123.json"),
        (review(Result=0), "seen/normal/si0123.json"),
        (review(Result=2), "seen/review/si0123.json"),
        (review(Result=None, Suggestion=1), "blocked/ReviewImage/si0123.json"),
        (simple(), "seen/review/ix1.json"),
        (review(Result=9), None),
        (review(Result="x"), None),
        (body(job()), None),
    ],
)
def test_reviews_are_routed_by_their_result(sent: str, key: str | None, deploy: Callable[..., Deployment]) -> None:
    """normal, block or review, whichever form says it; a job that is no review has no result."""
    deployed = deploy(ROUTES=json.dumps(VERDICTS))
    deployed.post(sent)
    assert deployed.listing() == ([key] if key else [])


def test_a_review_of_text_needs_no_object_where_the_key_names_none(deploy: Callable[..., Deployment]) -> None:
    """A text that was sent in the request lies nowhere: by default a dead letter, and a result where a route says."""
    text = review(Object="", Url="").replace("ReviewImage", "ReviewText")
    answer = deploy().post(text)
    assert (answer.outcomes, answer.body["jobs"][0]["reason"]) == (["dead-lettered"], "no-object")
    deployed = deploy(ROUTES='[{"tag":"*","state":"*","write":"reviews/{job_id}.json"}]')
    assert deployed.post(text).outcomes == ["written"]
    assert deployed.result("reviews/si0123.json")["Tag"] == "ReviewText"


def test_what_is_reviewed_again_and_again_is_written_when_it_ends(deployed: Deployment) -> None:
    """A live stream's review is posted while it goes on; states that are not final are ignored by default."""
    live = review(State="Auditing", Object="live/1").replace("ReviewImage", "ReviewVideo")
    assert [deployed.post(live).outcomes for _ in range(2)] == [["ignored"], ["ignored"]]
    assert deployed.post(live.replace("Auditing", "Success")).outcomes == ["written"]


def test_an_event_that_nobody_knows_is_kept_by_its_name(deployed: Deployment) -> None:
    """A new kind of event with a JobsDetail is settled like any other; its Tag is the event's name."""
    detail = {"JobId": "v1", "State": "Success", "BucketId": BUCKET, "Object": "a.zip", "Suggestion": "x"}
    assert deployed.post(json.dumps({"EventName": "ReviewSmell", "JobsDetail": detail})).outcomes == ["written"]
    assert deployed.result("a.zip.ReviewSmell.json")["Suggestion"] == "x"


def test_passwords_that_ci_echoes_are_left_out(deployed: Deployment) -> None:
    """A document's password in the callback does not get into an object that many may read (promise 6)."""
    operation = {"DocProcess": {"TgtType": "png", "DocPassword": "hunter2"}}
    deployed.post(body(job(Tag="DocProcess", Operation=operation)))
    assert deployed.result("audio/song.mp3.DocProcess.json")["Operation"] == {"DocProcess": {"TgtType": "png"}}
