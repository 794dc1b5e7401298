"""Fixtures of hostile input: every trigger and source, and a delivery that asserts harmless effects."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.config.template import key_problem
from local.cos.server import LocalCos
from tests.support.deployment import BUCKET, CREDENTIALS, OTHER_BUCKET, REGION, TOKEN
from tests.support.sources import SOURCES, TRIGGERS, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.deployment import Deployment
    from tests.support.sources import Deliver, Wording

HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"


@pytest.fixture(params=TRIGGERS)
def trigger(request: pytest.FixtureRequest) -> Wording:
    """Return the events of a trigger that needs the token, with the token."""
    return TRIGGERS[request.param]


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> Wording:
    """Return the events of a source, with the token where it is needed."""
    return SOURCES[request.param]


@pytest.fixture(scope="module")
def running_cos() -> Iterator[LocalCos]:
    """Return a local COS for all tests of a module: starting one takes longer than a test."""
    with LocalCos(buckets={BUCKET: REGION, OTHER_BUCKET: "ap-guangzhou"}, credentials=CREDENTIALS) as running:
        yield running


@pytest.fixture
def cos(running_cos: LocalCos) -> LocalCos:
    """Return the local COS, its buckets emptied."""
    for bucket in running_cos.buckets:
        for key in running_cos.keys(bucket):
            running_cos.delete(bucket, key)
    running_cos.forget_requests()
    return running_cos


# Every header that a request to COS may have; an injected one would be another.
HEADERS = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "content-type",
    "host",
    "user-agent",
    "x-cos-forbid-overwrite",
    "x-cos-meta-ci-callback",
    "x-cos-security-token",
}
RECORD = re.compile(
    r"v1 (?:job=[\w-]{1,80} state=[\w-]{1,80} time=[\w.:+-]{1,40}(?: [a-z]+=[\w.:+,-]{1,100})*"
    r"|letter content=[0-9a-f]{64}) sha256=[0-9a-f]{64}",
    re.ASCII,
)


@pytest.fixture
def deliver(deploy: Callable[..., Deployment], capfd: pytest.CaptureFixture[str]) -> Deliver:
    """Return a function that delivers an event and asserts that reply, requests, objects and log are harmless."""

    def deliver(sent: Any, **settings: str) -> Seen:
        deployed = deploy(**settings)
        reply = deployed.send(sent)
        output, errors = capfd.readouterr()
        assert errors == ""
        line = only_line(output)
        assert_harmless_reply(reply)
        assert_harmless_requests(deployed)
        stored = assert_harmless_objects(deployed)
        credentials = deployed.cos.credentials
        for secret in (TOKEN, credentials.secret_id, credentials.secret_key, credentials.token, "q-signature"):
            assert secret not in json.dumps(reply) + output
            assert secret.encode() not in stored
        return Seen(line, deployed.listing())

    return deliver


def only_line(output: str) -> dict[str, Any]:
    """Return the log's only line; assert that it is printable ASCII and JSON."""
    assert output.isascii()
    assert output.endswith("\n")
    assert output[:-1].isprintable()  # one line, without terminal controls
    line: dict[str, Any] = json.loads(output)
    return line


def assert_harmless_reply(reply: dict[str, Any]) -> None:
    """Assert the platform's four keys, no header of the caller, and a body of printable ASCII."""
    assert set(reply) == {"isBase64Encoded", "statusCode", "headers", "body"}
    assert reply["headers"] == {"Content-Type": "application/json"}
    assert reply["body"].isascii()
    assert reply["body"].isprintable()


def assert_harmless_requests(deployed: Deployment) -> None:
    """Assert that all requests go to one host, for valid keys, with the function's headers only, each on one line."""
    for request in deployed.cos.requests:
        assert (request.host, request.query) == (HOST, "")
        assert request.method in {"PUT", "HEAD"}
        assert key_problem(request.key) == ""
        assert set(request.headers) <= HEADERS
        assert all(value.isprintable() for value in request.headers.values())
    assert deployed.listing(OTHER_BUCKET) == []


def assert_harmless_objects(deployed: Deployment) -> bytes:
    """Assert that every object is JSON with a record as its only metadata; return all contents."""
    stored = [deployed.cos.get(BUCKET, key) for key in deployed.listing()]
    for each in stored:
        assert isinstance(json.loads(each.body), dict)
        assert set(each.metadata) == {"ci-callback"}
        assert RECORD.fullmatch(each.metadata["ci-callback"])
    return b"".join(each.body for each in stored)
