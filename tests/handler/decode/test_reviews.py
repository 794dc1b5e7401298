"""Reviews, in the Detail and in the Simple form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, REGION, STRICT_ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


URL = f"https://{BUCKET}.cos.{REGION}.myqcloud.com"


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


def test_a_review_is_stored_beside_its_object(deployed: Deployment) -> None:
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


def test_a_simple_review_is_stored_beside_the_object_of_its_url(deployed: Deployment) -> None:
    """It has a trace_id for a JobId and names its object by URL; its fields are kept as `data`."""
    assert deployed.post(simple()).outcomes == ["written"]
    result = deployed.result("in/照 a.jpg.ReviewImage.json")
    assert list(result) == ["EventName", "JobId", "Tag", "State", "Code", "Message", "data"]
    assert (result["JobId"], result["State"], result["Code"]) == ("ix1", "Success", "0")
    assert result["data"]["result"] == 2


@pytest.mark.parametrize("code", [0, "0", 0.0, ["0"], " 0 "])
def test_a_simple_review_without_an_event_has_the_tag_review(code: Any, deployed: Deployment) -> None:
    """CI's console shows one."""
    sent = {**json.loads(simple(event=None)), "code": code, "request_id": "r7"}
    assert deployed.post(json.dumps(sent)).outcomes == ["written"]
    result = deployed.result("in/照 a.jpg.Review.json")
    assert (result["EventName"], result["State"], result["Code"], result["request_id"]) == ("", "Success", "0", "r7")


@pytest.mark.parametrize("code", ["0.0", "0e+00", "-0"])
def test_the_code_of_a_simple_review_counts_as_a_number_in_any_spelling(code: str, deployed: Deployment) -> None:
    """It is kept as it was sent."""
    assert deployed.post(json.dumps({**json.loads(simple()), "code": code})).outcomes == ["written"]
    assert deployed.result("in/照 a.jpg.ReviewImage.json")["Code"] == code


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
def test_a_url_names_an_object_only_in_a_listed_bucket(
    url: str, outcome: str, deploy: Callable[..., Deployment]
) -> None:
    """A URL is trusted no more than the rest of the body: no other host, no key that is no text."""
    deployed = deploy(ROUTES=STRICT_ROUTES)
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
        (review(Result="1"), "blocked/ReviewImage/si0123.json"),
        (review(Result=9), None),
        (review(Result="x"), None),
        (body(job()), None),
    ],
)
def test_reviews_are_routed_by_their_result(sent: str, key: str | None, deploy: Callable[..., Deployment]) -> None:
    """normal, block or review, in either form; a job that is no review has no result."""
    deployed = deploy(ROUTES=json.dumps(VERDICTS))
    deployed.post(sent)
    assert deployed.listing() == ([key] if key else [])


@pytest.mark.parametrize(
    ("routes", "key"),
    [
        ('[{"tag":"*","state":"*","write":"reviews/{job_id}.json"}]', "reviews/si0123.json"),
        ("", "ci-callback/results/ReviewText/si0123."),
    ],
)
def test_review_of_a_text_is_stored_under_a_key_without_an_object(
    routes: str, key: str, deploy: Callable[..., Deployment]
) -> None:
    """A text sent in the request is no object; the default table has a key for it."""
    deployed = deploy(ROUTES=routes)
    assert deployed.post(review(Object="", Url="").replace("ReviewImage", "ReviewText")).outcomes == ["written"]
    (stored,) = deployed.listing()
    assert stored.startswith(key)
    assert deployed.result(stored)["Tag"] == "ReviewText"


def test_each_segment_of_a_live_review_is_stored(deployed: Deployment) -> None:
    """A live stream's review is posted while it runs, once a segment; its end is stored beside its object."""
    live = review(State="Auditing", Object="live/1").replace("ReviewImage", "ReviewVideo")
    segments = [live, live, live.replace('"ForbidState": ', '"ForbidState": 1')]
    assert [deployed.post(each).outcomes for each in segments] == [["written"], ["duplicate"], ["written"]]
    assert deployed.post(live.replace("Auditing", "Success")).outcomes == ["written"]
    assert len(deployed.listing()) == 3


def test_an_unknown_review_event_names_the_tag(deployed: Deployment) -> None:
    """A new kind of event with a JobsDetail is settled like any other; its Tag is the event's name."""
    detail = {"JobId": "v1", "State": "Success", "BucketId": BUCKET, "Object": "a.zip", "Suggestion": "x"}
    assert deployed.post(json.dumps({"EventName": "ReviewSmell", "JobsDetail": detail})).outcomes == ["written"]
    assert deployed.result("a.zip.ReviewSmell.json")["Suggestion"] == "x"


def test_passwords_that_ci_echoes_are_left_out(deployed: Deployment) -> None:
    """A document's password in the callback is in no object that many may read (promise 6)."""
    operation = {"DocProcess": {"TgtType": "png", "DocPassword": "hunter2"}}
    deployed.post(body(job(Tag="DocProcess", Operation=operation)))
    assert deployed.result("audio/song.mp3.DocProcess.json")["Operation"] == {"DocProcess": {"TgtType": "png"}}
