"""Lists of jobs: the Tags, pages and times that a sweep requests from CI, and lists that fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from local.faults.requests import Faults
from local.http.message import Response
from models.catalog import catalog
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION, Answer, log_lines
from tests.support.limited_run import SlowCos, limit
from tests.support.sweeps import counts, ended, results, sweep, timer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Asked
    from local.http.message import Request
    from tests.support.deployment import Deployment


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with the default routes, and so all Tags."""
    return deploy()


def test_runs_and_reviews_are_not_listed(deploy: Callable[..., Deployment]) -> None:
    """Workflow runs and reviews are in ROUTES, but CI lists only jobs."""
    catalogued = {tag: entry for tag, entry in catalog().items() if not entry.is_job}
    rows = [{"tag": tag, "state": "*", "write": "{object}.{tag}.json"} for tag in catalogued]
    deployed = deploy(ROUTES=json.dumps([*rows, {"tag": "*", "state": "*", "ignore": True}]))
    assert counts(sweep(deployed)) == (0, 0, 0, 0, 0)
    assert deployed.cos.requests == []
    assert len(catalogued) == 8


def test_pattern_covers_every_listed_tag(deployed: Deployment) -> None:
    """The jobs on files have no documented list."""
    sweep(deployed)
    asked = {request.query.partition("tag=")[2].partition("&")[0] for request in deployed.cos.requests}
    jobs = {tag: entry.api for tag, entry in catalog().items() if entry.is_job}
    assert asked == {tag for tag, api in jobs.items() if api != "file_jobs"}
    assert len(jobs) - len(asked) == 3


@pytest.mark.parametrize(("tag", "family"), [("PicProcess", "pic_jobs"), ("DocProcess", "doc_jobs"), ("Tts", "jobs")])
def test_tag_is_listed_at_its_path(tag: str, family: Any, deployed: Deployment) -> None:
    """Pictures, documents and speech have lists of their own."""
    deployed.cos.ci.add(BUCKET, ended(Tag=tag), family=family)
    assert counts(sweep(deployed)) == (1, 0, 1, 0, 0)


def test_every_bucket_is_swept(deploy: Callable[..., Deployment]) -> None:
    """Each of BUCKETS, one after another."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.ci.add(OTHER_BUCKET, ended(2, Input={"BucketId": OTHER_BUCKET, "Object": "b.mp3"}))
    assert counts(sweep(deployed)) == (2, 0, 2, 0, 0)
    assert deployed.listing(OTHER_BUCKET) == ["b.mp3.SoundHound.json"]


def test_pages_are_followed_to_the_last(deployed: Deployment) -> None:
    """The last page has no token, or an empty one."""
    limit(deployed, page=10)
    for number in range(25):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (25, 0, 25, 0, 0)
    deployed.cos.ci.empty_last_token = True
    assert counts(sweep(deployed, tags=["SoundHound"])) == (25, 25, 0, 0, 0)


def test_hours_bound_the_window(deployed: Deployment) -> None:
    """`hours` is how far back jobs were created."""
    deployed.cos.ci.add(BUCKET, ended(1, ago=3 * 3600))
    deployed.cos.ci.add(BUCKET, ended(2, ago=30 * 3600))
    assert counts(sweep(deployed, hours=2))[0] == 0
    assert counts(sweep(deployed))[0] == 1
    assert counts(sweep(deployed, hours=48))[0] == 2


def test_repeated_tag_is_swept_once(deployed: Deployment) -> None:
    """Also by timer."""
    deployed.cos.ci.add(BUCKET, ended())
    assert counts(timer(deployed, tags=["SoundHound", "SoundHound"])) == (1, 0, 1, 0, 0)


@pytest.mark.parametrize("silent", [BUCKET, OTHER_BUCKET])
def test_bucket_whose_ci_is_silent_keeps_no_other_waiting(silent: str, deploy: Callable[..., Deployment]) -> None:
    """Of its region, say: each timer sweeps the others, and all of it once CI answers; the report is behind."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    other = OTHER_BUCKET if silent == BUCKET else BUCKET
    deployed.cos.faults = Faults(only=lambda asked: asked.service == "ci" and asked.bucket == silent, then="reset")
    for number in range(3):
        for bucket in (silent, other):
            deployed.cos.ci.add(bucket, ended(number, Input={"BucketId": bucket, "Object": f"{number}.mp3"}))
        report = timer(deployed)
        assert (report["recovered"], report["failed"], report["next"]) == (1, 3, None)
        assert report["behind_s"] // 3600 == 24
    deployed.cos.faults = Faults()
    report = timer(deployed)
    assert (report["recovered"], report["behind_s"]) == (3, 0)


@pytest.mark.parametrize(("silent", "limit_s", "following"), [(BUCKET, 20, OTHER_BUCKET), (OTHER_BUCKET, 29, None)])
def test_bucket_whose_ci_takes_all_the_time_is_not_the_next(
    silent: str, limit_s: int, following: str | None, deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run begins with another one, or from the beginning."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    SlowCos(deployed, monkeypatch, request_s=3, limit_s=limit_s)
    deployed.cos.intercept = lambda asked, _: Response(503) if asked.bucket == silent else None
    following_cursor = sweep(deployed, tags=["Concat", "SoundHound", "Tts"])["next"]
    assert (following_cursor and following_cursor["bucket"]) == following


def test_silent_ci_of_every_bucket_ends_the_sweep(deploy: Callable[..., Deployment]) -> None:
    """The answer is 503, as with one bucket."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    deployed.cos.faults = Faults(only=lambda asked: asked.service == "ci", then="reset")
    assert Answer(deployed.send({"sweep": {}})).status == 503


def test_refused_list_does_not_stop_the_sweep(deployed: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """CI refuses where its service is off for the bucket."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.faults = Faults(only=lambda asked: asked.key == "doc_jobs", then="403")
    report = sweep(deployed)
    assert counts(report) == (1, 0, 1, 0, 3)
    assert {each["reason"] for each in report["failed_jobs"]} == {"store-refused"}
    assert [each["tag"] for each in report["failed_jobs"]] == ["DocAIGCMetadata", "DocProcess", "DocWatermark"]
    assert log_lines(capsys)[-1]["level"] == "WARNING"


@pytest.mark.parametrize("fault", ["500", "reset"])
def test_unreachable_ci_ends_the_sweep(fault: Any, deployed: Deployment) -> None:
    """The answer is 503, and the next timer tries again."""
    deployed.cos.faults = Faults(then=fault)
    answer = Answer(deployed.send({"sweep": {}}))
    assert answer.status == 503
    assert answer.body["error"] == "store-unavailable"


def answering(deployed: Deployment, *pages: bytes) -> None:
    """Let CI answer with these pages first."""
    following = iter(pages)

    def intercept(asked: Asked, _request: Request) -> Response | None:
        page = next(following, None) if asked.service == "ci" else None
        return None if page is None else Response(200, (), page)

    deployed.cos.intercept = intercept


NO_ANSWERS = [
    *(b"<html>", b"<html></html>", b"[1]", b"{}", b"null", b'"text"', b"", b"<Response>text</Response>"),
    *(b"<Response><JobsDetail>", b'{"Error": {}}', b"<Responses/>", b"\xff"),
]


@pytest.mark.parametrize("page", NO_ANSWERS)
def test_answer_that_is_none_of_ci_counts_as_unavailable(page: bytes, deployed: Deployment) -> None:
    """Its Tag is looked at again, the others are swept, and three in a row end the run."""
    deployed.cos.ci.add(BUCKET, ended())
    deployed.cos.ci.add(BUCKET, ended(1, Tag="Tts"))
    answering(deployed, page)
    report = timer(deployed, tags=["SoundHound", "Tts"])
    assert counts(report) == (1, 0, 1, 0, 1)
    assert [(each["tag"], each["reason"]) for each in report["failed_jobs"]] == [("SoundHound", "store-unavailable")]
    assert timer(deployed, tags=["SoundHound", "Tts"])["recovered"] == 1
    answering(deployed, *[page] * 3)
    assert Answer(deployed.send({"sweep": {}})).body["error"] == "store-unavailable"


@pytest.mark.parametrize(
    "page", [b"<Response/>", b"<Response>\n</Response>", b"\xef\xbb\xbf<?xml version='1.0'?><Response/>"]
)
def test_empty_answer_is_a_list_without_jobs(page: bytes, deployed: Deployment) -> None:
    """CI has none of the Tag."""
    answering(deployed, page)
    assert counts(sweep(deployed, tags=["SoundHound"])) == (0, 0, 0, 0, 0)


def nested(levels: int) -> dict[str, Any]:
    """Return an element that is nested so deep."""
    element: dict[str, Any] = {"A": "a"}
    for _ in range(levels):
        element = {"A": element}
    return element


@pytest.mark.parametrize("large", [{"Message": "x" * 6_100_000}, {"Operation": nested(70)}], ids=["long", "deep"])
def test_job_too_large_for_a_page_is_skipped(large: dict[str, Any], deployed: Deployment) -> None:
    """The page is halved until only that job fails, which is reported; the jobs on either side are settled."""
    limit(deployed, page=8)
    for number in range(20):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10, **(large if number == 11 else {})))
    report = timer(deployed, tags=["SoundHound"])
    assert counts(report) == (19, 0, 19, 0, 1)
    assert (report["failed_jobs"][0]["reason"], report["next"]) == ("too-large", None)
    asked = [dict(parse_qsl(each.query)) for each in deployed.cos.requests if "tag=" in each.query]
    assert [int(each["size"]) for each in asked] == [8, 8, 4, 2, 4, 2, 1, 2, 1, 2, 4, 8]
    assert timer(deployed, tags=["SoundHound"])["recovered"] == 0


def test_page_beyond_all_bounds_is_halved(deployed: Deployment) -> None:
    """Its answer is not read to the end."""
    limit(deployed, page=4)
    for number in range(3):
        deployed.cos.ci.add(BUCKET, ended(number))
    answering(deployed, b"<Response>" + b"x" * 16_000_000)
    assert counts(sweep(deployed, tags=["SoundHound"])) == (3, 0, 3, 0, 0)
    answering(deployed, *[b"<Response>" + b"x" * 16_000_000] * 3)
    assert sweep(deployed, tags=["SoundHound"])["failed_jobs"][0]["reason"] == "too-large"


def test_last_job_too_large_for_a_page_fails_its_tag(deployed: Deployment) -> None:
    """Nothing follows it; the other Tags are swept."""
    deployed.cos.ci.add(BUCKET, ended(0, Operation=nested(70)))
    deployed.cos.ci.add(BUCKET, ended(1, Tag="Tts"))
    report = sweep(deployed)
    assert counts(report) == (1, 0, 1, 0, 1)
    assert [(each["tag"], each["reason"]) for each in report["failed_jobs"]] == [("SoundHound", "too-large")]


def test_failing_tag_does_not_stop_other_tags(deployed: Deployment) -> None:
    """It is swept once CI answers again."""
    deployed.cos.ci.add(BUCKET, ended(0, Tag="Concat"))
    deployed.cos.ci.add(BUCKET, ended(1))
    deployed.cos.faults = Faults(only=lambda asked: "tag=Concat&" in f"{asked.query}&", then="500")
    for recovered in (1, 0, 0):
        report = timer(deployed)
        assert (report["recovered"], report["next"]) == (recovered, None)
        assert [(each["tag"], each["reason"]) for each in report["failed_jobs"]] == [("Concat", "store-unavailable")]
    deployed.cos.faults = Faults()
    assert timer(deployed)["recovered"] == 1


def test_tag_failing_twice_at_the_same_page_is_skipped(deployed: Deployment) -> None:
    """A second page that fails is tried in the next run, once; then the Tags behind it are swept."""
    for number in range(15):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    deployed.cos.ci.add(BUCKET, ended(15, Tag="Tts"))
    limit(deployed, page=10)
    deployed.cos.faults = Faults(
        only=lambda asked: "tag=SoundHound" in asked.query and len(results(deployed)) >= 10, then="500"
    )
    assert [timer(deployed)["recovered"] for _ in range(2)] == [10, 1]
    deployed.cos.faults = Faults()
    assert timer(deployed)["recovered"] == 5


def test_malformed_job_of_a_list_is_reported(deployed: Deployment) -> None:
    """The jobs beside it are settled."""
    deployed.cos.ci.add(BUCKET, ended(0))
    deployed.cos.ci.add(BUCKET, ended(1, Input="no element"))
    report = sweep(deployed, tags=["SoundHound"])
    assert counts(report) == (1, 0, 1, 0, 1)
    assert [(each["JobId"], each["reason"]) for each in report["failed_jobs"]] == [("s1", "bad-field")]
    limit(deployed, page=1)
    assert counts(sweep(deployed, tags=["SoundHound"])) == (1, 1, 0, 0, 1)


def test_job_on_a_url_is_swept(deployed: Deployment) -> None:
    """Its result is next to the object that the URL names."""
    url = f"https://{BUCKET}.cos.{REGION}.myqcloud.com/audio/on-url.mp3"
    deployed.cos.ci.add(BUCKET, ended(0, Input={"Url": url}))
    assert counts(sweep(deployed, tags=["SoundHound"])) == (1, 0, 1, 0, 0)
    assert results(deployed) == ["audio/on-url.mp3.SoundHound.json"]


def test_page_beyond_what_is_read_is_halved(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length decides, before it is read."""
    monkeypatch.setattr("ci_callback.cloud.cos._LARGEST_ANSWER", 3_000)
    limit(deployed, page=8)
    for number in range(8):
        deployed.cos.ci.add(BUCKET, ended(number, ago=number + 10))
    assert counts(timer(deployed, tags=["SoundHound"])) == (8, 0, 8, 0, 0)
    asked = [dict(parse_qsl(each.query)) for each in deployed.cos.requests if "tag=" in each.query]
    assert [int(each["size"]) for each in asked][:2] == [8, 4]
