"""Callbacks of the local Cloud Infinite, by the job's own options or else by its queue's."""

from __future__ import annotations

import json
import time
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from local.http import post as http_post
from tests.support.ci_jobs import Receiver, look_up, submit
from tests.support.sdk_client import BUCKET, error_of

if TYPE_CHECKING:
    from local.ci.callbacks import Callback
    from local.cos.server import LocalCos


def queue_of(client: CosS3Client) -> dict[str, Any]:
    """Return the bucket's queue for media jobs."""
    (queue,) = client.ci_get_media_queue(Bucket=BUCKET)["QueueList"]
    return dict(queue)


def configure(client: CosS3Client, *, state: str = "Active", **notify: str) -> dict[str, Any]:
    """Change the queue's callback; return the queue as the answer has it."""
    request = {"Name": "mine", "State": state, "NotifyConfig": {"State": "On", "Type": "Url", **notify}}
    (queue,) = client.ci_update_media_queue(BUCKET, queue_of(client)["QueueId"], request)["Queue"]
    return dict(queue)


def test_callback_has_the_job_of_a_look_up(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """One POST to the job's exact URL, XML by default, with the same JobsDetail as a look-up."""
    sent: list[Callback] = []
    cos.ci.worker.on_callback = sent.append
    job_id = submit(client, CallBack=f"{receiver.address}/a%20b/token?c=d&c=%E4")["JobId"]
    cos.ci.worker.wait()
    (request,) = receiver.received
    assert (request.method, request.target) == ("POST", "/a%20b/token?c=d&c=%E4")
    assert dict(request.headers) == {
        "Host": receiver.address.removeprefix("http://"),
        "User-Agent": "Go-http-client/1.1",
        "Content-Length": str(len(request.body)),
        "Content-Type": "application/xml",
        "Accept-Encoding": "gzip",
    }
    root = ET.fromstring(request.body)  # noqa: S314  # our own cloud wrote it
    assert [child.tag for child in root] == ["EventName", "JobsDetail"]
    assert root.findtext("EventName") == "TaskFinish"
    known = look_up(client, job_id)
    assert {each.tag: each.text for each in root[1] if not len(each)} == {
        name: value for name, value in known.items() if not isinstance(value, dict)
    }
    assert root.findtext("JobsDetail/Operation/SoundHoundResult/SongList/SongName") == "青花瓷"
    assert sent == cos.ci.worker.callbacks
    assert [(each.job.detail["JobId"], each.reply.status, each.reply.body) for each in sent] == [(job_id, 200, b"seen")]


def test_json_callback_has_texts_alone(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """One item is an object, and empty elements are absent."""
    submit(client, CallBack=receiver.address, CallBackFormat="JSON")
    cos.ci.worker.wait()
    (request,) = receiver.received
    assert (request.target, request.header("content-type")) == ("/", "application/json")
    body = json.loads(request.body)
    assert body["EventName"] == "TaskFinish"
    assert "Message" not in body["JobsDetail"]
    assert body["JobsDetail"]["Operation"] == {
        "JobLevel": "0",
        "UserData": "order 4711",
        "SoundHoundResult": {"SongList": {"Inlier": "0.98", "SingerName": "周杰伦", "SongName": "青花瓷"}},
    }


def test_native_json_callback_has_values(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """Numbers are numbers, and JobsDetail is an array."""
    cos.ci.worker.native = True
    submit(client, CallBack=receiver.address, CallBackFormat="JSON")
    cos.ci.worker.wait()
    (request,) = receiver.received
    assert request.header("content-type") == "application/json"
    (detail,) = json.loads(request.body)["JobsDetail"]
    song = {"Inlier": 0.98, "SingerName": "周杰伦", "SongName": "青花瓷"}
    assert detail["Operation"]["SoundHoundResult"] == {"SongList": [song]}


def test_verdicts_of_a_review_are_called_back_and_looked_up(
    cos: LocalCos, client: CosS3Client, receiver: Receiver
) -> None:
    """Segments of a live stream and a second verdict have one id; a look-up returns the last."""
    segment = {"JobId": "av1", "State": "Auditing", "Url": "rtmp://play.example.com/live/1", "BucketId": BUCKET}
    verdicts = [{**segment, "Result": "0"}, {**segment, "Result": "1"}, {**segment, "State": "Success", "Result": "2"}]
    for each in verdicts:
        assert cos.ci.send_review(receiver.address, BUCKET, "ReviewVideo", each).status == 200
    bodies = [json.loads(each.body) for each in receiver.received]
    assert [(each["EventName"], each["JobsDetail"]["Result"]) for each in bodies] == [
        ("ReviewVideo", 0),
        ("ReviewVideo", 1),
        ("ReviewVideo", 2),
    ]
    assert client.ci_auditing_video_query(Bucket=BUCKET, JobID="av1")["JobsDetail"]["Result"] == "2"


def test_failed_job_is_called_back(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """The callback has its state and code."""
    submit(client, Input={"Object": "gone"}, CallBack=receiver.address, CallBackFormat="JSON")
    cos.ci.worker.wait()
    detail = json.loads(receiver.received[0].body)["JobsDetail"]
    assert (detail["State"], detail["Code"]) == ("Failed", "InputObjectNotFound")


@pytest.mark.parametrize("status", [302, 307, 503])
def test_callback_is_sent_once(status: int, cos: LocalCos, client: CosS3Client) -> None:
    """No status makes a second try, and no redirect is followed."""
    with Receiver(status) as receiver:
        submit(client, CallBack=receiver.address)
        cos.ci.worker.wait()
        assert len(receiver.received) == 1
    assert [each.reply.status for each in cos.ci.worker.callbacks] == [status]


def test_undeliverable_callback_leaves_the_job_ended(cos: LocalCos, client: CosS3Client) -> None:
    """The job itself is not affected."""
    with Receiver() as receiver:
        address = receiver.address
    job_id = submit(client, CallBack=address)["JobId"]
    cos.ci.worker.wait()
    assert [each.reply.status for each in cos.ci.worker.callbacks] == [0]
    assert look_up(client, job_id)["State"] == "Success"


def test_queue_has_the_default_url_and_format(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """The job's own format overrides the queue's."""
    configure(client, Event="TaskFinish,WorkflowFinish", Url=f"{receiver.address}/queue", ResultFormat="JSON")
    submit(client)
    cos.ci.worker.wait()
    submit(client, CallBackFormat="XML", QueueId=queue_of(client)["QueueId"])
    cos.ci.worker.wait()
    assert [each.target for each in receiver.received] == ["/queue", "/queue"]
    assert [each.body[:1] for each in receiver.received] == [b"{", b"<"]


def test_url_of_the_job_overrides_its_queue(cos: LocalCos, client: CosS3Client, receiver: Receiver) -> None:
    """It gets XML by default; `no` suppresses the callback."""
    configure(client, Event="TaskFinish", Url=f"{receiver.address}/queue", ResultFormat="JSON")
    submit(client, CallBack="no")
    submit(client, CallBack=f"{receiver.address}/own")
    cos.ci.worker.wait()
    assert [(each.target, each.body[:1]) for each in receiver.received] == [("/own", b"<")]


@pytest.mark.parametrize("notify", [{"State": "Off"}, {"Event": "WorkflowFinish"}])
def test_queue_without_callbacks_sends_none(
    notify: dict[str, str], cos: LocalCos, client: CosS3Client, receiver: Receiver
) -> None:
    """A new queue is off; another one may only have events of workflows."""
    submit(client)
    configure(client, **{"Event": "TaskFinish", "Url": receiver.address, **notify})
    submit(client)
    cos.ci.worker.wait()
    assert receiver.received == []
    assert cos.ci.worker.callbacks == []


def test_each_kind_of_queue_has_its_calls(client: CosS3Client) -> None:
    """The SDK finds and changes queues for media, pictures, documents, speech and AI."""
    request = {"Name": "mine", "State": "Active", "NotifyConfig": {"State": "Off"}}
    ids = set()
    for kind in ("media", "media_pic", "doc", "asr", "ai"):
        found = getattr(client, f"ci_get_{kind}_queue")(Bucket=BUCKET)
        (queue,) = found["QueueList"]
        assert (found["TotalCount"], queue["State"]) == ("1", "Active")
        assert queue["NotifyConfig"] == {"State": "Off", "Event": None, "Type": None, "Url": None}
        (changed,) = getattr(client, f"ci_update_{kind}_queue")(BUCKET, queue["QueueId"], request)["Queue"]
        assert (changed["Name"], changed["QueueId"]) == ("mine", queue["QueueId"])
        assert changed["UpdateTime"] >= changed["CreateTime"] == queue["CreateTime"]
        ids.add(queue["QueueId"])
    assert len(ids) == 5
    assert queue_of(client)["Name"] == "mine"


def test_listing_of_queues_is_filtered(client: CosS3Client) -> None:
    """Unknown ids are named, state and page narrow the list."""
    queue_id = queue_of(client)["QueueId"]
    some = client.ci_get_media_queue(Bucket=BUCKET, QueueIds=f"p1,{queue_id},p2")
    assert [each["QueueId"] for each in some["QueueList"]] == [queue_id]
    assert some["NonExistPIDs"] == {"QueueID": ["p1", "p2"]}
    assert "NonExistPIDs" not in client.ci_get_media_queue(Bucket=BUCKET, QueueIds=queue_id)
    assert "QueueList" not in client.ci_get_media_queue(Bucket=BUCKET, State="Paused")
    assert "QueueList" not in client.ci_get_media_queue(Bucket=BUCKET, PageNumber="2", PageSize="1")


def test_paused_queue_holds_its_jobs(cos: LocalCos, client: CosS3Client) -> None:
    """They wait in the state Pause until it is active again, unless cancelled."""
    configure(client, state="Paused", State="Off")
    ids = [submit(client)["JobId"] for _ in range(2)]
    deadline = time.monotonic() + 10
    while {look_up(client, each)["State"] for each in ids} != {"Pause"}:
        assert time.monotonic() < deadline
    client.ci_cancel_jobs(Bucket=BUCKET, JobID=ids[0])
    configure(client, state="Active", State="Off")
    cos.ci.worker.wait()
    assert [look_up(client, each)["State"] for each in ids] == ["Cancel", "Success"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "Name, State and NotifyConfig are required."),
        ({"Name": "n", "State": "Active"}, "Name, State and NotifyConfig are required."),
        ({"Name": "n", "State": "On", "NotifyConfig": {}}, "State must be Active or Paused, not 'On'."),
        ({"Name": "n" * 129, "State": "Active", "NotifyConfig": {}}, "Name may have 128 bytes."),
        ({"NotifyConfig": {"State": "on"}}, "State must be On or Off, not 'on'."),
        ({"NotifyConfig": {"State": "On"}}, "With State On, Type, Event and Url are required."),
        (
            {"NotifyConfig": {"Event": "JobFinish"}},
            "Event must be a list of TaskFinish, WorkflowFinish, WorkflowStart.",
        ),
        ({"NotifyConfig": {"ResultFormat": "YAML"}}, "ResultFormat must be XML or JSON, not 'YAML'."),
    ],
)
def test_invalid_queue_is_400(client: CosS3Client, request_: dict[str, Any], message: str) -> None:
    """The message names the field, and nothing is changed."""
    before = queue_of(client)
    usual = {"Name": "n", "State": "Active"} if list(request_) == ["NotifyConfig"] else {}
    with pytest.raises(CosServiceError) as error:
        client.ci_update_media_queue(BUCKET, before["QueueId"], {**usual, **request_})
    assert error_of(error) == (400, "InvalidArgument")
    assert error.value.get_error_msg() == message
    assert queue_of(client) == before


def test_unsupported_queue_request_is_refused(client: CosS3Client) -> None:
    """An unknown queue is 404, a message queue 501, an invalid state or page 400."""
    notify = {"Name": "n", "State": "Active", "NotifyConfig": {"Type": "TDMQ"}}
    calls: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
        ("ci_update_media_queue", {"QueueId": "p0", "Request": notify}, (404, "QueueNotFound")),
        ("ci_update_media_queue", {"QueueId": "", "Request": notify}, (501, "NotImplemented")),
        ("ci_update_media_queue", {"QueueId": queue_of(client)["QueueId"], "Request": notify}, (501, "NotImplemented")),
        ("ci_get_media_queue", {"State": "On"}, (400, "InvalidArgument")),
        ("ci_get_media_queue", {"PageNumber": "0"}, (400, "InvalidArgument")),
        ("ci_get_media_queue", {"PageSize": "many"}, (400, "InvalidArgument")),
        ("ci_get_media_queue", {"ResponseExpires": "0"}, (501, "NotImplemented")),
    ]
    for name, arguments, expected in calls:
        with pytest.raises(CosServiceError) as error:
            getattr(client, name)(Bucket=BUCKET, **arguments)
        assert error_of(error) == expected, (name, arguments)


ELSEWHERE = [
    "http://callback.demo.com",
    "https://127.0.0.1/",
    "http://127.0.0.1.demo.com/",
    "http://127.0.0.1@demo.com/",
    "http://127.0.0.2/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://[::1]/",
    "http://localhost.demo.com/",
    "http://127.0.0.1:99999/",
    "http://[/",
    "http://127.0.0.1/a b",
    "http://127.0.0.1/é",
    "//127.0.0.1/",
    "ftp://127.0.0.1/",
    "127.0.0.1",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_url_of_another_machine_is_refused(url: str, cos: LocalCos, client: CosS3Client) -> None:
    """Job, queue and the POST itself refuse it."""
    message = f"The local cloud posts to http://127.0.0.1 and http://localhost alone, not to {url!r}."
    with pytest.raises(CosServiceError) as error:
        submit(client, CallBack=url)
    assert error_of(error) == (400, "InvalidArgument")
    assert error.value.get_error_msg() == f"CallBack: {message}"
    with pytest.raises(CosServiceError) as error:
        configure(client, Event="TaskFinish", Url=url)
    assert error.value.get_error_msg() == f"Url: {message}"
    with pytest.raises(http_post.NotLocalError) as refused:
        http_post.post(url, b"", {})
    assert str(refused.value) == message
    assert cos.ci.jobs == []


def test_this_machine_has_two_names(receiver: Receiver) -> None:
    """127.0.0.1 and localhost are accepted, and a user's name in the URL is not part of the host."""
    port = receiver.port
    for url in (f"http://127.0.0.1:{port}", f"http://localhost:{port}/?a", f"http://user@localhost:{port}/"):
        assert http_post.post(url, b"x", {}).status == 200
    assert [each.header("host") for each in receiver.received] == [f"127.0.0.1:{port}", *[f"localhost:{port}"] * 2]
    assert [each.target for each in receiver.received] == ["/", "/?a", "/"]
