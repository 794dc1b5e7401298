"""Reviews and virus scans that the COS SDK submits to the local Cloud Infinite, and their callbacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from tests.support.sdk_client import BUCKET, error_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from tests.support.ci_jobs import Receiver


CALLS: dict[str, Callable[[CosS3Client, str], Any]] = {
    "ReviewVideo": lambda client, url: client.ci_auditing_video_submit(
        BUCKET, "in/a.mp4", Callback=url, CallbackVersion="Detail", CallbackType=2
    ),
    "ReviewAudio": lambda client, url: client.ci_auditing_audio_submit(
        BUCKET, "in/a.mp3", Callback=url, CallbackVersion="Detail"
    ),
    "ReviewText": lambda client, url: client.ci_auditing_text_submit(
        BUCKET, Content=b"words", Callback=url, CallbackVersion="Detail"
    ),
    "ReviewDocument": lambda client, url: client.ci_auditing_document_submit(BUCKET, Key="in/a.docx", Callback=url),
    "ReviewHtml": lambda client, url: client.ci_auditing_html_submit(BUCKET, "https://example.com/", Callback=url),
}


@pytest.mark.parametrize("event", CALLS)
def test_review_of_the_sdk_is_called_back(event: str, cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """In Detail, with the id of the answer, which can be looked up."""
    job = CALLS[event](client, receiver.address)["JobsDetail"]
    assert job["State"] == "Submitted"
    cos.ci.worker.wait()
    (request,) = receiver.received
    body = json.loads(request.body)
    assert (body["EventName"], body["JobsDetail"]["JobId"]) == (event, job["JobId"])
    assert body["JobsDetail"]["State"] == "Success"


def test_review_in_simple_form_has_the_url_of_the_object(
    cos: LocalCos, client: CosS3Client, receiver: Receiver
) -> None:
    """As the SDK asks for by default; its trace_id is the job's id."""
    job = client.ci_auditing_video_submit(BUCKET, "in/a.mp4", Callback=receiver.address)["JobsDetail"]
    cos.ci.worker.wait()
    data = json.loads(receiver.received[0].body)["data"]
    assert (data["event"], data["trace_id"]) == ("ReviewVideo", job["JobId"])
    assert data["url"].endswith("/in/a.mp4")


def test_pictures_of_one_request_are_called_back_one_by_one(
    cos: LocalCos, client: CosS3Client, receiver: Receiver
) -> None:
    """Each has an id of its own, and can be looked up."""
    conf, pictures = {"Async": 1, "Callback": receiver.address}, [{"Object": "in/a.jpg"}, {"Object": "in/b.jpg"}]
    jobs = client.ci_auditing_submit_common(BUCKET, None, None, "image", Conf=conf, Input=pictures)["JobsDetail"]
    cos.ci.worker.wait()
    sent = {json.loads(each.body)["JobsDetail"]["Object"] for each in receiver.received}
    assert sent == {"in/a.jpg", "in/b.jpg"}
    found = client.ci_auditing_image_query(Bucket=BUCKET, JobID=jobs[1]["JobId"])
    assert found["JobsDetail"]["Object"] == "in/b.jpg"


def test_virus_scan_is_called_back(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """Without an EventName, as published."""
    client.ci_auditing_virus_submit(BUCKET, Key="in/a.zip", Callback=receiver.address)
    cos.ci.worker.wait()
    body = json.loads(receiver.received[0].body)
    assert (body.keys(), body["JobsDetail"]["Object"]) == ({"JobsDetail"}, "in/a.zip")


def test_review_without_a_callback_is_only_recorded(cos: LocalCos, client: CosS3Client) -> None:
    """A look-up has its end."""
    job = client.ci_auditing_video_submit(BUCKET, "in/a.mp4")["JobsDetail"]
    cos.ci.worker.wait()
    found = client.ci_auditing_video_query(Bucket=BUCKET, JobID=job["JobId"])
    assert found["JobsDetail"]["State"] == "Success"


@pytest.mark.parametrize(
    ("key", "url", "message"),
    [("a", "https://example.com/", "posts to http://127.0.0.1"), ("", "", "Each Input needs an Object")],
)
def test_unusable_review_is_refused(key: str, url: str, message: str, client: CosS3Client) -> None:
    """A callback to another machine, and an input without a name."""
    with pytest.raises(CosServiceError) as raised:
        client.ci_auditing_video_submit(BUCKET, key, Callback=url)
    assert error_of(raised) == (400, "InvalidArgument")
    assert message in raised.value.get_error_msg()
