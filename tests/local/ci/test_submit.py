"""Jobs submitted to the local Cloud Infinite through the unmodified COS SDK, and how they end."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from local.ci import results as ci_results
from local.ci.server import LocalCi
from local.cos.server import LocalCos
from local.http.message import Request
from local.http.xml import ServiceError
from models.wire import Order
from tests.support.ci_jobs import (
    INPUT,
    Receiver,
    asked,
    look_up,
    output,
    submit,
)
from tests.support.deployment import TOKEN
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
    sdk,
    session_to,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment


def refusal(client: CosS3Client, **more: Any) -> tuple[int, str, str]:
    """Return status, code and message of the error that a submission meets."""
    with pytest.raises(CosServiceError) as error:
        submit(client, **more)
    return (*error_of(error), error.value.get_error_msg())


def test_submitted_job_is_described(client: CosS3Client) -> None:
    """The answer is the job before it starts, with the request echoed."""
    detail = submit(client)
    assert re.fullmatch("s[0-9a-f]{32}", detail.pop("JobId"))
    assert re.fullmatch("p[0-9a-f]{32}", detail.pop("QueueId"))
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0800", detail.pop("CreationTime"))
    assert detail == {
        "Code": "Success",
        "Message": None,
        "State": "Submitted",
        "StartTime": "-",
        "EndTime": "-",
        "Tag": "SoundHound",
        "Input": {"BucketId": BUCKET, "Region": REGION, "Object": INPUT},
        "Operation": {"JobLevel": "0", "UserData": "order 4711"},
    }


def test_job_ends_with_a_result(cos: LocalCos, client: CosS3Client) -> None:
    """It gets a state, times and a result for its Tag; lists find it by them."""
    submitted = submit(client)
    cos.ci.worker.wait()
    ended = look_up(client, submitted["JobId"])
    assert ended["State"] == "Success"
    assert submitted["CreationTime"] <= ended["StartTime"] <= ended["EndTime"]
    song = {"Inlier": "0.98", "SingerName": "周杰伦", "SongName": "青花瓷"}
    assert ended["Operation"] == {**submitted["Operation"], "SoundHoundResult": {"SongList": song}}
    changed = {"State", "StartTime", "EndTime", "Operation"}
    assert {name: ended[name] for name in ended.keys() - changed} == {
        name: submitted[name] for name in submitted.keys() - changed
    }
    for states, found in [("Success", [ended]), ("Submitted", [])]:
        listed = client.ci_list_media_jobs(Bucket=BUCKET, Tag="SoundHound", States=states)
        assert listed.get("JobsDetail", []) == found


def test_each_family_has_its_own_calls(cos: LocalCos, client: CosS3Client) -> None:
    """Pictures, documents, speech and files are submitted, looked up and listed with the SDK's calls for them."""
    place = {"OutputBucket": BUCKET, "OutputRegion": REGION}
    picture = {"Tag": "PicProcess", "Input": {"Object": INPUT}, "Operation": output(PicProcess={"ProcessRule": "r"})}
    speech = {"EngineModelType": "16k_zh", "ChannelNum": "1"}
    submitted = {
        "c": client.ci_create_media_pic_jobs(BUCKET, picture),
        "d": client.ci_create_doc_job(BUCKET, InputObject=INPUT, OutputObject="${Page}.png", TgtType="png", **place),
        "s": client.ci_create_asr_job(BUCKET, InputObject=INPUT, OutputObject="o", SpeechRecognition=speech, **place),
        "f": client.ci_create_file_hash_job(BUCKET, INPUT, {"Type": "MD5"}, UserData="u"),
    }
    more = {
        "fu": client.ci_create_file_uncompress_job(BUCKET, INPUT, FileUncompressConfig={"Prefix": "p/"}, **place),
        "fc": client.ci_create_file_compress_job(
            BUCKET, OutputObject="o", FileCompressConfig={"Prefix": "p/"}, **place
        ),
    }
    cos.ci.worker.wait()
    get: dict[str, Callable[[str, str], Any]] = {
        "c": client.ci_get_media_pic_jobs,
        "d": client.ci_get_doc_job,
        "s": client.ci_get_asr_job,
        "f": client.ci_get_file_process_jobs,
    }
    for letter, answer in [*submitted.items(), *more.items()]:
        detail = answer["JobsDetail"][0] if letter == "c" else answer["JobsDetail"]
        assert (detail["JobId"][0], detail["State"]) == (letter[0], "Submitted")
        (ended,) = get[letter[0]](BUCKET, detail["JobId"])["JobsDetail"]
        assert ended["State"] == "Success"
        assert {f"{detail['Tag']}Result"} <= ended["Operation"].keys()
        assert detail["Operation"].items() <= ended["Operation"].items()
    lists = [
        client.ci_list_media_pic_jobs(Bucket=BUCKET, Tag="PicProcess"),
        client.ci_list_doc_jobs(Bucket=BUCKET),
        client.ci_list_asr_jobs(Bucket=BUCKET),
    ]
    assert [len(each["JobsDetail"]) for each in lists] == [1, 1, 1]


def test_common_path_accepts_every_tag(cos: LocalCos, client: CosS3Client) -> None:
    """A job of another family is found at /jobs and at its family's path; other paths refuse it."""
    job_id = submit(client, Tag="Translation", Operation=output())["JobId"]
    cos.ci.worker.wait()
    assert job_id[0] == "a"
    assert look_up(client, job_id)["State"] == "Success"
    for path in ("/jobs", "/ai_jobs"):
        (found,) = client.ci_list_media_jobs(Bucket=BUCKET, Tag="Translation", Path=path)["JobsDetail"]
        assert found["JobId"] == job_id
    with pytest.raises(CosServiceError, match="Transcode jobs are submitted to /jobs, not to /pic_jobs"):
        client.ci_create_media_pic_jobs(BUCKET, asked(Tag="Transcode", Operation=output()))


def test_each_operation_is_a_job(cos: LocalCos, client: CosS3Client) -> None:
    """Each has its own Tag, inside in the answer and beside in look-ups."""
    operations = [output("a.mp4", Tag="Transcode"), output("b.jpg", Tag="Snapshot"), {"Tag": "MediaInfo"}]
    answer = client.ci_create_media_jobs(BUCKET, asked(Tag=None, Operation=operations))["JobsDetail"]
    cos.ci.worker.wait()
    assert [each["Operation"]["Tag"] for each in answer] == ["Transcode", "Snapshot", "MediaInfo"]
    assert not any("Tag" in each for each in answer)
    ids = [each["JobId"] for each in answer]
    assert ids == sorted(set(ids))
    ended = client.ci_get_media_jobs(BUCKET, ",".join(ids))["JobsDetail"]
    assert [(each["Tag"], each["State"]) for each in ended] == [
        ("Transcode", "Success"),
        ("Snapshot", "Success"),
        ("MediaInfo", "Success"),
    ]
    assert not any("Tag" in each["Operation"] for each in ended)
    assert ended[0]["Operation"]["MediaResult"]["OutputFile"]["ObjectName"] == "a.mp4"


def test_one_wrong_operation_refuses_all(cos: LocalCos, client: CosS3Client) -> None:
    """No job is created."""
    assert refusal(client, Tag=None, Operation=[{"Tag": "SoundHound"}, {"Tag": "Transcode"}])[:2] == (
        400,
        "InvalidArgument",
    )
    assert cos.ci.jobs == []


def test_request_is_echoed_and_completed(cos: LocalCos, client: CosS3Client) -> None:
    """Repeated elements, marks and templates are returned as given, with CI's additions."""
    mark = {"Message": "mine", "Type": "Text", "Version": "V1", "IgnoreError": "false"}
    operation = output(TemplateId="t1", WatermarkTemplateId=["t2", "t3"], DigitalWatermark=mark, JobLevel="2")
    job_id = submit(client, Tag="Transcode", Operation=operation)["JobId"]
    cos.ci.worker.wait()
    done = look_up(client, job_id)["Operation"]
    assert done["DigitalWatermark"].items() > mark.items()
    assert done["DigitalWatermark"]["State"] == "Success"
    assert done["TemplateName"]
    assert {name: done[name] for name in operation if name != "DigitalWatermark"} == {
        name: value for name, value in operation.items() if name != "DigitalWatermark"
    }
    assert done.keys() - operation.keys() == {"TemplateName", "MediaInfo", "MediaResult"}


def test_job_without_its_input_fails(cos: LocalCos, client: CosS3Client) -> None:
    """It has a code and no result; an input by URL is trusted."""
    missing = submit(client, Input={"Object": "input/gone.mp3"})["JobId"]
    elsewhere = submit(client, Input={"Url": "http://example.com/a.mp3"})["JobId"]
    cos.ci.worker.wait()
    failed = look_up(client, missing)
    assert (failed["State"], failed["Code"], failed["StartTime"]) == ("Failed", "InputObjectNotFound", "-")
    assert failed["Operation"] == {"JobLevel": "0", "UserData": "order 4711"}
    assert look_up(client, elsewhere)["State"] == "Success"


def test_job_fails_on_request(cos: LocalCos, client: CosS3Client) -> None:
    """`fails` chooses jobs that are running."""
    seen = []

    def fails(job: Any) -> bool:
        seen.append(look_up(client, job.detail["JobId"])["State"])
        return bool(job.detail["Operation"]["UserData"] == "fail")

    cos.ci.worker.fails = fails
    ids = [submit(client, Operation={"UserData": word})["JobId"] for word in ("fail", "go on")]
    cos.ci.worker.wait()
    assert [look_up(client, each)["State"] for each in ids] == ["Failed", "Success"]
    assert seen == ["Running", "Running"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Tag": None}, "Tag is required."),
        ({"Tag": "SoundHund"}, "There is no job with the Tag 'SoundHund'."),
        ({"Tag": "ReviewImage"}, "There is no job with the Tag 'ReviewImage'."),
        ({"Tag": ["SoundHound", "SoundHound"]}, "Tag must be a text, and occur once."),
        ({"Input": None}, "Input.Object is required for SoundHound."),
        ({"Input": {"Object": ""}}, "Input.Object is required for SoundHound."),
        ({"Input": INPUT}, "Input must be a container."),
        ({"Tag": "Tts", "Input": {"Object": [INPUT, INPUT]}}, "Object must be a text, and occur once."),
        ({"Input": [{"Object": INPUT}, {"Object": INPUT}]}, "Input must occur once."),
        ({"Operation": "x"}, "Operation must be a container."),
        ({"Operation": {"UserData": "x" * 1025}}, "UserData may have 1024 printable ASCII characters."),
        ({"Operation": {"UserData": "é"}}, "UserData may have 1024 printable ASCII characters."),
        ({"Operation": {"JobLevel": "3"}}, "JobLevel must be 0 or 1 or 2, not '3'."),
        ({"Tag": "Transcode"}, "Operation.Output with Bucket and Region is required for Transcode."),
        (
            {"Tag": "Transcode", "Operation": {"Output": {"Bucket": BUCKET, "Object": "o"}}},
            "Operation.Output with Bucket and Region is required for Transcode.",
        ),
        ({"CallBackFormat": "Xml"}, "CallBackFormat must be XML or JSON, not 'Xml'."),
        ({"CallBackType": "Mail"}, "CallBackType must be Url or TDMQ or Kafka, not 'Mail'."),
    ],
)
def test_invalid_submission_is_400(cos: LocalCos, client: CosS3Client, more: dict[str, Any], message: str) -> None:
    """The message names the field, and no job is created."""
    assert refusal(client, **more) == (400, "InvalidArgument", message)
    assert cos.ci.jobs == []


def test_unsupported_submission_is_refused(client: CosS3Client) -> None:
    """An unknown queue is 404, a message queue for callbacks 501."""
    assert refusal(client, QueueId="p0")[:2] == (404, "QueueNotFound")
    assert refusal(client, CallBackType="TDMQ", CallBackMqConfig={"MqName": "q"})[:2] == (501, "NotImplemented")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MissingContent"),
        (b" \n", "MissingContent"),
        (b"{}", "InvalidContent"),
        (b"<Request><Tag></Request>", "InvalidContent"),
        (b"<Response><Tag>SoundHound</Tag></Response>", "InvalidContent"),
        (b'<!DOCTYPE R [<!ENTITY e "x">]><Request><Tag>&e;</Tag></Request>', "InvalidContent"),
        (b"<Request>\xff</Request>", "InvalidContent"),
        (b"<Request/>", "InvalidArgument"),
        (b"<Request>SoundHound</Request>", "InvalidArgument"),
    ],
)
def test_unreadable_body_is_400(body: bytes, code: str) -> None:
    """The codes are CI's own."""
    with pytest.raises(ServiceError) as error:
        LocalCi().answer(Request("POST", "/jobs", (), body), BUCKET, "jobs", REGION)
    assert (error.value.status, error.value.code) == (400, code)


def test_only_a_waiting_job_can_be_cancelled(cos: LocalCos, client: CosS3Client) -> None:
    """It stays cancelled without a callback; an ended or unknown one is refused."""
    cos.ci.worker.delay_s = 0.5
    with Receiver() as receiver:
        job_id = submit(client, CallBack=receiver.address)["JobId"]
        picture = asked(Tag="PicProcess", Operation=output(), CallBack=receiver.address)
        picture_id = client.ci_create_media_pic_jobs(BUCKET, picture)["JobsDetail"][0]["JobId"]
        for each in (job_id, picture_id):
            client.ci_cancel_jobs(Bucket=BUCKET, JobID=each)
        cos.ci.worker.wait()
        assert receiver.received == []
    for cancelled in (look_up(client, job_id), *client.ci_get_media_pic_jobs(BUCKET, picture_id)["JobsDetail"]):
        assert (cancelled["State"], cancelled["StartTime"]) == ("Cancel", "-")
        assert cancelled["EndTime"] >= cancelled["CreationTime"]
    cos.ci.worker.delay_s = 0
    ended = submit(client)["JobId"]
    cos.ci.worker.wait()
    for each, expected in [(ended, (400, "InvalidArgument")), ("s0", (404, "ResourceNotFound"))]:
        with pytest.raises(CosServiceError) as error:
            client.ci_cancel_jobs(Bucket=BUCKET, JobID=each)
        assert error_of(error) == expected
    assert look_up(client, ended)["State"] == "Success"


def test_stop_abandons_jobs() -> None:
    """Long jobs are left as they are, without a thread."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos, session_to(cos.address) as session:
        cos.ci.worker.delay_s = 600
        submit(sdk(session))
    assert [each.name for each in threading.enumerate() if each.name.startswith("local-")] == []
    assert cos.ci.jobs[0].detail["State"] == "Submitted"


def test_verifying_function_finds_the_submitted_job(deploy: Callable[..., Deployment]) -> None:
    """With VERIFY=job the callback of a finished job is accepted, of any family."""
    deployed = deploy(VERIFY="job", CALLBACK_TOKENS=TOKEN)
    cos = deployed.cos
    cos.ci.worker.delay_s = 0
    cos.put(BUCKET, INPUT, b"sound")
    with Receiver() as receiver, session_to(cos.address) as session:
        client = sdk(session, cos.credentials)
        submit(client, CallBack=receiver.address)
        submit(client, Tag="PicProcess", Operation=output(), CallBack=receiver.address)
        cos.ci.worker.wait()
        assert [deployed.post(each.body).outcomes for each in receiver.received] == [["written"], ["written"]]


@pytest.mark.parametrize("tag", ci_results.entries())
def test_job_of_each_tag_needs_only_its_output(tag: str, cos: LocalCos, client: CosS3Client) -> None:
    """The minimal request of each Tag succeeds, and its result is in the fields that CI adds."""
    sample = ci_results.sample_detail(Order(ci_results.entries()[tag]))
    operation = output() if "Output" in sample["Operation"] else None
    job_id = submit(client, Tag=tag, Input={"Object": INPUT} if "Input" in sample else None, Operation=operation)[
        "JobId"
    ]
    cos.ci.worker.wait()
    ended = look_up(client, job_id)
    assert ended["State"] == "Success"
    assert ended.get("Input", {}).keys() == sample.get("Input", {}).keys()
    assert ended["Operation"].keys() <= sample["Operation"].keys()
