"""Buckets, regions and keys of a body: requests go to listed buckets and valid keys only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ci_callback.config.template import key_problem
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION
from tests.support.sources import RESULT

if TYPE_CHECKING:
    from tests.support.sources import Deliver, Wording


ELSEWHERE = [
    OTHER_BUCKET,
    "evil.example",
    "evil.example/",
    f"{BUCKET}.evil.example",
    f"{BUCKET}@evil.example",
    f"evil.example#{BUCKET}",
    f"evil.example/?{BUCKET}",
    f"{BUCKET}/../{OTHER_BUCKET}",
    f"{BUCKET}\r\nHost: evil.example",
    f"{BUCKET}\0",
    f"{BUCKET}%2f",
    BUCKET.upper(),
    "127.0.0.1:1/",
    "[::1]",
    "\u2100.example",  # NFKC makes a/c of the first character, and so a path of what was a host
]


@pytest.mark.parametrize("bucket", ELSEWHERE)
@pytest.mark.parametrize("field", ["Input", "Output"])
def test_an_unlisted_bucket_gets_no_request(field: str, bucket: str, source: Wording, deliver: Deliver) -> None:
    """Another bucket, or a host in its place, as the input is a dead letter; no other host gets a request."""
    if field == "Input":
        sent = job(Input={"BucketId": bucket, "Region": REGION, "Object": "x"})
    else:
        sent = job(Input=None, Operation={"Output": {"Bucket": bucket, "Region": REGION, "Object": "x"}})
    seen = deliver(source(body(sent)))
    if field == "Input":
        assert (seen.line["outcome"], seen.line["reason"], seen.results) == ("dead-lettered", "bucket-not-listed", [])
    else:
        assert (seen.line["outcome"], seen.line["bucket"]) == ("written", BUCKET)


@pytest.mark.parametrize(
    "region",
    [
        "ap-guangzhou",
        "evil.example/",
        "x.evil.example",
        "@evil.example",
        "evil.example#",
        "evil.example?",
        "../../",
        "ap-chongqing\r\nHost: evil.example",
        "ap-chongqing\n",
        "\0",
        "a" * 5000,
        "\u2100",
    ],
)
def test_the_region_of_a_body_is_ignored(region: str, source: Wording, deliver: Deliver) -> None:
    """With any text in Region, the result is written in the region of BUCKETS."""
    seen = deliver(source(body(job(Input={"BucketId": BUCKET, "Region": region, "Object": "audio/song.mp3"}))))
    assert (seen.line["outcome"], seen.results) == ("written", [RESULT])


def test_headers_of_a_request_are_ignored(trigger: Wording, deliver: Deliver) -> None:
    """No header of the caller chooses a host, a key or an option of the write."""
    hostile = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "x-cos-acl": "public-read",
        "x-cos-meta-ci-callback": "canary",
        "x-cos-forbid-overwrite": "false",
        "Content-Type": "text/html\r\nx-cos-acl: public-read",
    }
    seen = deliver({**trigger(body(job())), "headers": hostile})
    assert seen.results == [RESULT]
    assert "evil" not in json.dumps(seen.line)


@pytest.mark.parametrize(
    "key",
    [
        "..",
        "../x",
        "a/../../x",
        "/../x",
        "a/..",
        "./x",
        "a/./x",
        "a\nb",
        "a\r\nx-cos-acl: public-read",
        "a\0b",
        "a\x7fb",
        "\x1b[2Jx",
        "x" * 851,
        "\u5bc6" * 284,
        "//",
    ],
)
def test_an_invalid_key_gets_no_request(key: str, source: Wording, deliver: Deliver) -> None:
    """Dots as segments, control characters and oversized keys become no part of a key; the result has another one."""
    seen = deliver(source(body(job(Input={"BucketId": BUCKET, "Object": key}))))
    assert seen.line["outcome"] == "written"
    assert all(key_problem(result) == "" for result in seen.results)


@pytest.mark.parametrize(
    "key",
    [
        "%2e%2e/x",
        "%2e%2e%2fx%00",
        "..%2fx",
        "...",
        ".../x",
        "a//b",
        "/a",
        "///a/",
        "a?acl",
        "a?versionId=1&x=y",
        "a#b",
        "a;b=c",
        "a b",
        " a ",
        "a+b",
        "a\\..\\b",
        "a:b@c",
        "a'\"<>&b",
        "$(id)`id`",
        "{object}{tag}",
        "\u5bc6/\u94a5\U0001f3b5",
        "e\u0301",
        "a\u0085b",
        "a\u2028b\u202ec",
        "a\ufeffb",
    ],
)
def test_a_key_is_used_literally(key: str, source: Wording, deliver: Deliver) -> None:
    """Escapes, queries, fragments and templates are parts of the key; the result is stored next to it."""
    seen = deliver(source(body(job(Input={"BucketId": BUCKET, "Object": key}))))
    assert (seen.line["outcome"], seen.results) == ("written", [f"{key.lstrip('/')}.SoundHound.json"])
