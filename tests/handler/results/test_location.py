"""The location of a job's input: named by bucket and key, by URL, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.bodies import body, job
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

OTHER, UNLISTED = "other-1234567890", "unlisted-1234567890"
OUT = {"Bucket": BUCKET, "Object": "out/x.wav", "Region": "ap-chongqing"}
NEXT_TO_THE_INPUT = '[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'
TWO_BUCKETS = f"{BUCKET}/ap-chongqing,{OTHER}/ap-guangzhou"


@pytest.fixture
def strict(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function that writes next to an input, and nowhere else."""
    return deploy(ROUTES=NEXT_TO_THE_INPUT)


def reasons(deployed: Deployment, bucket: str = BUCKET) -> list[str]:
    """Return the reasons of the dead letters in a bucket."""
    return [dead_letter["reason"] for dead_letter in deployed.dead_letters(bucket)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Input": {"Object": "in.mp3"}, "Operation": {"Output": OUT}}, "in.mp3"),
        ({"Input": None, "Operation": {"Output": OUT}}, "out/x.wav"),
        ({"Input": {"BucketId": BUCKET}, "Operation": {"Output": OUT}}, "out/x.wav"),
        ({"Input": {"Object": "in.mp3"}, "Operation": None}, "in.mp3"),
        ({"Input": {"Object": "in-${x}.mp3"}}, "in-${x}.mp3"),
        ({"Input": {"Object": "in.mp3"}, "Operation": {"Output": {**OUT, "Bucket": UNLISTED}}}, "in.mp3"),
        ({"Input": {"Url": "https://example.com/in.mp3"}, "Operation": {"Output": OUT}}, "out/x.wav"),
    ],
)
def test_location_falls_back_to_the_output(fields: dict[str, Any], expected: str, strict: Deployment) -> None:
    """Without Input's bucket or object, Output's count, then the only bucket there is."""
    assert strict.post(body(job(**fields))).outcomes == ["written"]
    assert strict.listing() == [f"{expected}.SoundHound.json"]


HOSTS = [
    f"{BUCKET}.cos.ap-chongqing.myqcloud.com",
    f"{BUCKET}.cos.ap-chongqing.myqcloud.com:8080",
    f"{BUCKET}.cos.ap-chongqing.tencentcos.cn",
    f"{BUCKET}.cos-internal.ap-chongqing.tencentcos.cn",
    f"{BUCKET}.cos-website.ap-chongqing.myqcloud.com",
    f"{BUCKET}.ci.ap-chongqing.myqcloud.com",
    f"{BUCKET}.pic.ap-chongqing.myqcloud.com",
    f"{BUCKET}.piccq.myqcloud.com",
    f"{BUCKET}.cos.accelerate.myqcloud.com",
    f"{BUCKET}.cos.accelerate-overseas.myqcloud.com",
    f"{BUCKET}.cos-internal.accelerate.tencentcos.cn",
    f"{BUCKET}.COS.Ap-Chongqing.MyQCloud.com",
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scheme", ["https://", "http://", "//", ""])
def test_input_url_on_a_host_of_a_listed_bucket_is_the_input(
    host: str, scheme: str, strict: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The path is decoded, the query ignored; an accelerated host is no other region."""
    url = f"{scheme}{host}/in/%E9%9F%B3%20a+b.mp3?sign=q%2Fs#t"
    assert strict.post(body(job(Input={"Url": url}))).outcomes == ["written"]
    assert strict.listing() == ["in/音 a+b.mp3.SoundHound.json"]
    assert "BUCKETS decides" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "review",
    [
        {"Url": f"https://{HOSTS[0]}/in/a.jpg"},
        {"Url": f"https://{HOSTS[4]}/in/a.jpg", "BucketId": BUCKET},
        {"data": {"url": f"http://{HOSTS[3]}/in/a.jpg"}},
    ],
)
def test_url_of_a_review_is_the_input(review: dict[str, Any], strict: Deployment) -> None:
    """In Detail form and in Simple form."""
    assert strict.post(body(job(Input=None, Operation=None, **review))).outcomes == ["written"]
    assert strict.listing() == ["in/a.jpg.SoundHound.json"]


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/contract.docx",
        "rtmp://play.example.com/live/room1",
        f"https://{BUCKET}.cos.ap-chongqing.myqcloud.com.evil.example/x",
        f"https://evil.example/{HOSTS[0]}/x",
        f"https://{HOSTS[0]}/%ff%fe",
        f"https://{HOSTS[0]}/",
        "https://[::1",
        7,
    ],
)
def test_foreign_url_is_a_result_by_default(url: Any, deploy: Callable[..., Deployment]) -> None:
    """It has no location; the default table has a key for it."""
    sent = body(job(JobId="s1", Input={"Url": url}, Operation=None))
    strict = deploy(ROUTES=NEXT_TO_THE_INPUT)
    assert strict.post(sent).outcomes == ["dead-lettered"]
    assert reasons(strict) == ["no-object"]
    answer = deploy().post(sent)
    assert answer.outcomes == ["written"]
    assert answer.body["jobs"][0]["key"].startswith("ci-callback/results/SoundHound/s1.")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Input": None, "Operation": None}, "no-object"),
        ({"Input": None, "Operation": {"Output": {**OUT, "Object": "out/x-${Number}.jpg"}}}, "no-object"),
        ({"Input": None, "Operation": {"Output": {**OUT, "Bucket": UNLISTED}}}, "no-object"),
        ({"Input": {"BucketId": UNLISTED, "Object": "x"}}, "bucket-not-listed"),
        ({"Input": {"BucketId": UNLISTED, "Object": "x"}, "Operation": {"Output": OUT}}, "bucket-not-listed"),
        ({"Input": {"BucketId": "evil.example/x?", "Object": "x", "Region": "../"}}, "bucket-not-listed"),
        ({"Input": {"Url": f"https://{UNLISTED}.cos.ap-chongqing.myqcloud.com/x"}}, "bucket-not-listed"),
    ],
)
def test_job_without_a_location_is_a_dead_letter(fields: dict[str, Any], reason: str, strict: Deployment) -> None:
    """No listed bucket, no key: a dead letter in the first bucket, and never a request elsewhere (promise 4)."""
    assert strict.post(body(job(**fields))).outcomes == ["dead-lettered"]
    assert reasons(strict) == [reason]
    assert {request.bucket for request in strict.cos.requests} == {BUCKET}


def test_unlisted_input_bucket_is_a_dead_letter_by_default(deployed: Deployment) -> None:
    """BUCKETS may lack it by mistake: replayed, it becomes a result next to its input."""
    assert deployed.post(body(job(Input={"BucketId": UNLISTED, "Object": "x"}))).outcomes == ["dead-lettered"]
    assert reasons(deployed) == ["bucket-not-listed"]


def test_region_is_that_of_the_configuration(strict: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    """A region in the body is not believed; the log reports another one."""
    sent = job(Input={"BucketId": BUCKET, "Object": "x", "Region": "evil.example/"})
    assert strict.post(body(sent)).outcomes == ["written"]
    assert {request.host for request in strict.cos.requests} == {f"{BUCKET}.cos.ap-chongqing.myqcloud.com"}
    assert "BUCKETS decides" in capsys.readouterr().out


def test_each_bucket_has_its_own_results_and_dead_letters(deploy: Callable[..., Deployment]) -> None:
    """A job that names a key but no bucket has no location."""
    strict = deploy(BUCKETS=TWO_BUCKETS, ROUTES=NEXT_TO_THE_INPUT)
    there = {"BucketId": OTHER, "Object": "x"}
    strict.post(body(job(Input=there)))
    strict.post(body(job(Input={**there, "Object": "../y"})))
    strict.post(body(job(Input={"Object": "z"})))
    assert "x.SoundHound.json" in strict.listing(OTHER)
    assert reasons(strict, OTHER) == ["bad-key"]
    assert reasons(strict) == ["no-bucket"]
    strict.post(body(job(Input={"Object": "z"}), job(Input={**there, "Object": "../y"})))
    assert len(strict.dead_letters()) == 2


@pytest.mark.parametrize(
    ("fields", "bucket"),
    [
        ({"Input": {"Object": "z"}, "Operation": None}, BUCKET),
        ({"Input": {"BucketId": OTHER}, "Operation": None}, OTHER),
        ({"Input": {"Url": "https://example.com/x"}, "Operation": {"Output": {**OUT, "Bucket": OTHER}}}, OTHER),
        ({"Input": None, "Operation": {"Output": {**OUT, "Bucket": UNLISTED}}}, BUCKET),
    ],
)
def test_job_without_an_object_uses_the_bucket_it_names_or_the_first(
    fields: dict[str, Any], bucket: str, deploy: Callable[..., Deployment]
) -> None:
    """A bucket that is not listed does not count."""
    deployed = deploy(BUCKETS=TWO_BUCKETS)
    assert deployed.post(body(job(**fields))).outcomes == ["written"]
    assert [len(deployed.listing(each)) for each in (BUCKET, OTHER)] == ([1, 0] if bucket == BUCKET else [0, 1])


def test_review_of_another_buckets_object_is_stored_where_it_ran(deploy: Callable[..., Deployment]) -> None:
    """Under the object's key in the bucket that had it reviewed; not over the result of that bucket's own object."""
    deployed = deploy(BUCKETS=TWO_BUCKETS, ROUTES=NEXT_TO_THE_INPUT)
    url = f"https://{OTHER}.cos.ap-guangzhou.myqcloud.com/a.jpg"
    assert deployed.post(body(job(JobId="a", Input={"BucketId": BUCKET, "Url": url}))).outcomes == ["written"]
    assert deployed.listing(BUCKET) == ["a.jpg.SoundHound.json"]
    own = job(JobId="b", Input={"BucketId": BUCKET, "Object": "a.jpg"})
    assert deployed.post(body(own)).outcomes == ["dead-lettered"]
    assert reasons(deployed) == ["key-taken"]
