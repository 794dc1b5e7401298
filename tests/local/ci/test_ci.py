"""Cloud Infinite's job API in the local cloud, asked through the unmodified COS SDK."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from local.ci.server import LocalCi
from local.cos.server import Credentials, LocalCos
from tests.support.sdk_client import BUCKET, CREDENTIALS, REGION, sdk

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from local.ci.jobs import Family, Job
    from local.ci.others import Kind

BEGIN = datetime(2025, 4, 5, 6, 7, 8, tzinfo=timezone(timedelta(hours=8)))


def at(seconds: int) -> str:
    """Return a time in CI's form, so many seconds after the begin."""
    return (BEGIN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S%z")


def job(job_id: str, seconds: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a job in CI's field names."""
    usual = {"JobId": job_id, "Tag": "SoundHound", "State": "Success", "Code": "Success", "CreationTime": at(seconds)}
    return {**usual, **fields}


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCos]:
    """One COS for the module."""
    with LocalCos(buckets={BUCKET: REGION, "other-1234567890": REGION}, credentials=CREDENTIALS) as cos:
        yield cos


@pytest.fixture
def cos(running: LocalCos) -> LocalCos:
    """Return the COS without a job."""
    running.ci = LocalCi()
    running.forget_requests()
    return running


def ids(answer: dict[str, Any]) -> list[str]:
    """Return the ids of the answer's jobs."""
    return [each["JobId"] for each in answer.get("JobsDetail", [])]


def listed(client: CosS3Client, **asked: Any) -> list[list[str]]:
    """Return the ids of every page."""
    pages, token = [], ""
    while True:
        page = client.ci_list_media_jobs(**{"Bucket": BUCKET, "Tag": "SoundHound", **asked, "NextToken": token})
        pages.append(ids(page))
        token = page.get("NextToken", "")
        if not token:
            return pages


def test_job_is_looked_up_by_id(cos: LocalCos, client: CosS3Client) -> None:
    """The complete job is returned: strings, nested fields, repeated elements, empty ones."""
    songs = [{"Inlier": 0.98, "SongName": "青花瓷"}, {"Inlier": 1, "SongName": "<&>"}]
    cos.ci.add(BUCKET, job("s1", Message=None, Operation={"SoundHoundResult": {"SongList": songs}, "Done": True}))
    answer = client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="s1")
    expected = [{"Inlier": "0.98", "SongName": "青花瓷"}, {"Inlier": "1", "SongName": "<&>"}]
    operation = {"SoundHoundResult": {"SongList": expected}, "Done": "true"}
    assert answer == {"JobsDetail": [job("s1", Message=None, Operation=operation)]}
    (seen,) = cos.requests
    assert (seen.method, seen.host, seen.key) == ("GET", f"{BUCKET}.ci.{REGION}.myqcloud.com", "jobs/s1")


def test_unknown_ids_are_named(cos: LocalCos, client: CosS3Client) -> None:
    """Known ids are described in the order of the request, others named; those of another bucket too."""
    cos.ci.add(BUCKET, job("s1"))
    cos.ci.add(BUCKET, job("s2"))
    cos.ci.add("other-1234567890", job("s3"))
    answer = client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="s2,s3,s1,s4")
    assert (ids(answer), answer["NonExistJobIds"]) == (["s2", "s1"], ["s3", "s4"])
    assert client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="s3") == {"NonExistJobIds": "s3"}


@pytest.mark.parametrize(
    ("family", "get", "get_all"),
    [
        ("pic_jobs", "ci_get_media_pic_jobs", "ci_list_media_pic_jobs"),
        ("asr_jobs", "ci_get_asr_job", "ci_list_asr_jobs"),
        ("doc_jobs", "ci_get_doc_job", "ci_list_doc_jobs"),
        ("file_jobs", "ci_get_file_process_jobs", ""),
        ("ai_jobs", "", "ci_list_media_jobs"),
    ],
)
def test_each_family_has_its_own_path(
    cos: LocalCos, client: CosS3Client, family: Family, get: str, get_all: str
) -> None:
    """A job is found under its family's path and under no other."""
    tag = {"asr_jobs": "SpeechRecognition", "doc_jobs": "DocProcess"}.get(family, "Any")
    cos.ci.add(BUCKET, job("x1", Tag=tag), family=family)
    if get:
        assert ids(getattr(client, get)(BUCKET, "x1")) == ["x1"]
    if get_all:
        options = {} if tag != "Any" else {"Tag": tag}
        options |= {"Path": "/ai_jobs"} if family == "ai_jobs" else {}
        assert ids(getattr(client, get_all)(Bucket=BUCKET, **options)) == ["x1"]
    assert client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="x1") == {"NonExistJobIds": "x1"}
    assert ids(client.ci_list_media_jobs(Bucket=BUCKET, Tag=tag)) == []


REVIEWS: dict[Kind, str] = {
    "image/auditing": "ci_auditing_image_query",
    "video/auditing": "ci_auditing_video_query",
    "audio/auditing": "ci_auditing_audio_query",
    "text/auditing": "ci_auditing_text_query",
    "document/auditing": "ci_auditing_document_query",
    "webpage/auditing": "ci_auditing_html_query",
    "virus/detect": "ci_auditing_virus_query",
}


@pytest.mark.parametrize("kind", REVIEWS)
def test_review_is_looked_up_by_id(kind: Kind, cos: LocalCos, client: CosS3Client) -> None:
    """Only the path of its kind has it, for its own bucket; an unknown one is named."""
    cos.ci.others.add(BUCKET, kind, {"JobId": "a1", "State": "Auditing"})
    cos.ci.others.add(BUCKET, kind, {"JobId": "a1", "State": "Success", "Object": "青.jpg", "Result": 1})
    cos.ci.others.add("other-1234567890", kind, {"JobId": "a2", "State": "Success"})
    told = {"JobId": "a1", "State": "Success", "Object": "青.jpg", "Result": "1"}
    answers = {each: getattr(client, query)(Bucket=BUCKET, JobID="a1") for each, query in REVIEWS.items()}
    assert answers.pop(kind) == {"JobsDetail": told, "RequestId": "local"}
    unknown = [*answers.values(), getattr(client, REVIEWS[kind])(Bucket=BUCKET, JobID="a2")]
    assert [each["NonExistJobIds"] for each in unknown] == ["a1"] * 6 + ["a2"]
    assert client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="a1") == {"NonExistJobIds": "a1"}


def test_workflow_run_is_looked_up_by_id(cos: LocalCos, client: CosS3Client) -> None:
    """The WorkflowExecution has its tasks; an unknown one is 404."""
    tasks = [{"Type": "Snapshot", "State": "Success"}, {"Type": "Transcode", "State": "Running"}]
    run = {"RunId": "i1", "Name": "w", "State": "Running", "Topology": {"Nodes": {"Start": {"Type": "Start"}}}}
    cos.ci.others.add(BUCKET, "workflowexecution", {**run, "Tasks": tasks})
    answer = client.ci_get_workflowexecution(Bucket=BUCKET, RunId="i1")
    assert answer == {"WorkflowExecution": [{**run, "Tasks": tasks}], "RequestId": "local"}
    with pytest.raises(CosServiceError) as error:
        client.ci_get_workflowexecution(Bucket=BUCKET, RunId="i2")
    assert (error.value.get_status_code(), error.value.get_error_code()) == (404, "ResourceNotFound")


@pytest.mark.parametrize(("kind", "name"), [("workflowexecution", "RunId"), ("text/auditing", "JobId")])
def test_run_or_review_without_an_id_raises(kind: Kind, name: str, cos: LocalCos) -> None:
    """CI could not look it up."""
    with pytest.raises(ValueError, match=f"/{kind} has a {name}"):
        cos.ci.others.add(BUCKET, kind, {"State": "Success"})


def test_listing_runs_is_501(client: CosS3Client) -> None:
    """They can only be looked up by id."""
    with pytest.raises(CosServiceError) as error:
        client.ci_list_workflowexecution(Bucket=BUCKET, WorkflowId="w1")
    assert (error.value.get_status_code(), error.value.get_error_code()) == (501, "NotImplemented")


def test_job_with_a_known_id_is_replaced(cos: LocalCos, client: CosS3Client) -> None:
    """The same JobId is the same job in a new state, listed once."""
    cos.ci.add(BUCKET, job("s1", State="Running"))
    cos.ci.add(BUCKET, job("s2"))
    cos.ci.add(BUCKET, job("s1", 5, State="Failed"))
    assert listed(client, OrderByTime="Asc") == [["s2", "s1"]]
    assert listed(client, States="Failed") == [["s1"]]
    assert listed(client, States="Running") == [[]]
    assert [each.detail["JobId"] for each in cos.ci.jobs] == ["s1", "s2"]


@pytest.mark.parametrize("order", ["Asc", "Desc"])
@pytest.mark.parametrize("size", [1, 3, 4, 12, 100])
def test_pages_add_up_to_all_jobs(cos: LocalCos, client: CosS3Client, size: int, order: str) -> None:
    """Following NextToken visits each job once, by creation time, also several of the same second."""
    numbers = list(range(12))
    random.Random(size).shuffle(numbers)  # noqa: S311  # no secret
    for number in numbers:
        cos.ci.add(BUCKET, job(f"s{number:02}", number // 3))
    cos.ci.add(BUCKET, job("t1", Tag="Transcode"))
    pages = listed(client, Size=size, OrderByTime=order)
    found = list(itertools.chain(*pages))
    assert sorted(found) == [f"s{number:02}" for number in range(12)]
    assert [int(each[1:]) // 3 for each in found] == sorted((n // 3 for n in range(12)), reverse=order == "Desc")
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert len(pages) == -(-12 // size)


def test_new_jobs_between_two_pages_shift_nothing(cos: LocalCos, client: CosS3Client) -> None:
    """A token is the last job of its page, so none is skipped or repeated."""
    for number in range(4):
        cos.ci.add(BUCKET, job(f"s{number}", number))
    first = client.ci_list_media_jobs(Bucket=BUCKET, Tag="SoundHound", Size=2)
    cos.ci.add(BUCKET, job("new", 9))
    rest = client.ci_list_media_jobs(Bucket=BUCKET, Tag="SoundHound", Size=2, NextToken=first["NextToken"])
    assert ids(first) + ids(rest) == ["s3", "s2", "s1", "s0"]


def test_page_without_a_size_has_ten_jobs(cos: LocalCos, client: CosS3Client) -> None:
    """The newest is first; the last page's token is absent, or empty."""
    for number in range(11):
        cos.ci.add(BUCKET, job(f"s{number:02}", number))
    page = client.ci_list_media_jobs(Bucket=BUCKET, Tag="SoundHound")
    assert ids(page) == [f"s{number:02}" for number in range(10, 0, -1)]
    asked = {"Bucket": BUCKET, "Tag": "SoundHound", "NextToken": page["NextToken"]}
    assert "NextToken" not in client.ci_list_media_jobs(**asked)
    cos.ci.empty_last_token = True
    assert client.ci_list_media_jobs(**asked)["NextToken"] is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"States": "Success"}, ["s0", "s3"]),
        ({"States": "Success,Failed"}, ["s0", "s1", "s3"]),
        ({"States": "Cancel"}, []),
        ({"QueueId": "p1"}, ["s1"]),
        ({"QueueId": "p1", "States": "Success"}, []),
        ({"StartCreationTime": at(1)}, ["s1", "s2", "s3"]),
        ({"EndCreationTime": at(1)}, ["s0", "s1"]),
        ({"StartCreationTime": at(1), "EndCreationTime": at(2), "States": "Failed,Running"}, ["s1", "s2"]),
        ({"StartCreationTime": "2025-04-04T22:07:10+0000"}, ["s2", "s3"]),
        ({"StartCreationTime": at(3), "EndCreationTime": at(1)}, []),
        ({"Tag": "Transcode"}, []),
    ],
)
def test_listing_is_filtered(cos: LocalCos, client: CosS3Client, asked: dict[str, str], found: list[str]) -> None:
    """State, queue and creation time, both ends included, choose among the jobs of a Tag."""
    for number, state in enumerate(["Success", "Failed", "Running", "Success"]):
        cos.ci.add(BUCKET, job(f"s{number}", number, State=state, QueueId=f"p{number}"))
    assert listed(client, OrderByTime="Asc", **asked) == [found]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"Tag": ""}, "tag is required"),
        ({"Size": 101}, "size must be"),
        ({"Size": 0}, "size must be"),
        ({"Size": "many"}, "size must be"),
        ({"States": "Done"}, "states must be"),
        ({"OrderByTime": "Up"}, "orderByTime must be"),
        ({"StartCreationTime": "2025-04-05"}, "a time must look like"),
        ({"EndCreationTime": "2025-04-05 06:07:08"}, "a time must look like"),
        ({"NextToken": "1"}, "nextToken is unknown"),
        ({"NextToken": "eHggeHg="}, "nextToken is unknown"),
    ],
)
def test_wrong_parameter_is_400(client: CosS3Client, asked: dict[str, Any], said: str) -> None:
    """The message names it."""
    with pytest.raises(CosServiceError, match=said) as error:
        client.ci_list_media_jobs(**{"Bucket": BUCKET, "Tag": "SoundHound", **asked})
    assert (error.value.get_status_code(), error.value.get_error_code()) == (400, "InvalidArgument")


def test_empty_id_is_400(client: CosS3Client) -> None:
    """A list of ids with an empty one is refused."""
    for asked in ("", "s1,"):
        with pytest.raises(CosServiceError, match="A job id is empty"):
            client.ci_get_media_jobs(Bucket=BUCKET, JobIDs=asked)


def test_ci_refuses_a_wrong_session_token(cos: LocalCos, session: requests.Session) -> None:
    """CI and COS have the same credentials."""
    cos.ci.add(BUCKET, job("s1"))
    wrong = Credentials(CREDENTIALS.secret_id, CREDENTIALS.secret_key, "wrong")
    with pytest.raises(CosServiceError, match="InvalidToken"):
        sdk(session, wrong).ci_get_media_jobs(Bucket=BUCKET, JobIDs="s1")
    assert cos.requests[-1].status == 403


@pytest.mark.parametrize("lacking", ["JobId", "Tag"])
def test_job_without_an_id_or_a_tag_raises(cos: LocalCos, lacking: str) -> None:
    """CI could neither look it up nor list it."""
    with pytest.raises(ValueError, match="a JobId and a Tag"):
        cos.ci.add(BUCKET, {**job("s1"), lacking: ""})


def test_job_without_a_time_is_created_now() -> None:
    """CreationTime is the clock's, in CI's format."""
    ci = LocalCi(clock=BEGIN.timestamp)
    ci.add(BUCKET, {"JobId": "s1", "Tag": "SoundHound"})
    assert ci.jobs[0].detail["CreationTime"] == "2025-04-05T06:07:08+0800"


def test_page_deep_inside_many_jobs_looks_at_its_own_jobs_only(
    cos: LocalCos, client: CosS3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page deep inside 4,000 jobs takes no longer than the first."""
    for number in range(4_000):
        cos.ci.add(BUCKET, job(f"s{number}", number))
    looks, look = [], cos.ci.registry.at

    def counted(number: int) -> Job:
        looks.append(number)
        return look(number)

    monkeypatch.setattr(cos.ci.registry, "at", counted)
    asked = {"Bucket": BUCKET, "Tag": "SoundHound", "States": "Success", "Size": 100, "EndCreationTime": at(3_000)}
    first = client.ci_list_media_jobs(**asked)
    second = client.ci_list_media_jobs(**asked, NextToken=first["NextToken"])
    assert ids(second)[0] == "s2900"
    assert len(looks) == 202
