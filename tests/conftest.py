"""What all tests share: a local COS and a function over it, wired by HTTP as on SCF."""

from __future__ import annotations

import base64
import functools
import gc
import json
import os
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, settings
from urllib3.util import Retry

from tests import ROOT

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # as handler/index.py does

from ci_callback.commands.sweep import checkpoint as bookmark
from ci_callback.function import Function
from ci_callback.shapes import MODULES
from local.cos.server import Credentials, LocalCos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.register_assert_rewrite("bucket", "gate", "moves")  # they assert for tests, and should say as much

BUCKET = "test-1234567890"
REGION = "ap-chongqing"
TOKEN = "local-token-0123456789"
SCHEMAS = ROOT / "schemas"

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("quick"), max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@dataclass
class Deployment:
    """A function as deployed, and the COS it writes to. `environ` is read again for every event, as on SCF."""

    function: Function
    environ: dict[str, str]
    cos: LocalCos
    context: dict[str, Any] = field(default_factory=lambda: {"time_limit_in_ms": 30_000, "memory_limit_in_mb": 128})

    def send(self, event: Any) -> dict[str, Any]:
        """Return the function's reply to an event."""
        return self.function.handle(event, {**self.context, "request_id": str(uuid.uuid4())})

    def post(self, body: bytes | str, *, token: str = TOKEN) -> Answer:
        """Return the answer to a callback POSTed to the function URL; bytes that are no UTF-8 come as base64."""
        return Answer(self.send(url_event(body, token=token)))

    def result(self, key: str, bucket: str = BUCKET) -> Any:
        """Return the JSON of an object."""
        return json.loads(self.cos.get(bucket, key).body)

    def listing(self, bucket: str = BUCKET) -> list[str]:
        """Return the bucket's keys."""
        return self.cos.keys(bucket)

    def letters(self, bucket: str = BUCKET) -> list[dict[str, Any]]:
        """Return the dead letters in the bucket."""
        prefix = self.environ.get("DEAD_LETTER", "ci-callback/dead-letter/")
        below = [key for key in self.listing(bucket) if key.startswith(prefix)]
        return [self.result(key, bucket) for key in below if not bookmark.is_one(key, prefix)]

    @property
    def methods(self) -> list[str]:
        """The methods of the requests that COS saw, in order."""
        return [request.method for request in self.cos.requests]


class Answer:
    """A reply, read."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.reply = reply
        self.status: int = reply["statusCode"]
        self.body: dict[str, Any] = json.loads(reply["body"])

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each job; of the delivery as a whole where it had none."""
        jobs = [job["outcome"] for job in self.body.get("jobs", [])]
        return jobs or [self.body["outcome"]]


def url_event(content: bytes | str, *, token: str = TOKEN, **more: Any) -> dict[str, Any]:
    """Return a function-URL event; with bytes that are no UTF-8, base64 as API Gateway has it."""
    event: dict[str, Any] = {
        "httpMethod": "POST",
        "path": f"/{token}",
        "headers": {"content-type": "application/xml", "user-agent": "Go-http-client/1.1"},
        "queryString": {},
        "body": content,
    }
    if isinstance(content, bytes):
        event |= {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}
    return event | more


def deployment_on(cos: LocalCos, **more: str) -> Deployment:
    """Return a function with settings over a local COS."""
    environ = {
        "BUCKETS": f"{BUCKET}/{REGION}",
        "CALLBACK_TOKENS": TOKEN,
        "COS_ENDPOINT": cos.address,
        "TENCENTCLOUD_SECRETID": cos.credentials.secret_id,
        "TENCENTCLOUD_SECRETKEY": cos.credentials.secret_key,
        "TENCENTCLOUD_SESSIONTOKEN": cos.credentials.token,
        **more,
    }
    environ = {name: value for name, value in environ.items() if value}
    return Deployment(Function(environ), environ, cos)


@pytest.fixture
def no_gc() -> Iterator[None]:
    """Keep the garbage collector from running finalizers of other tests' objects where no stack is left for them."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@functools.cache
def schema_of(tag: str) -> jsonschema.Draft202012Validator | None:
    """Return what validates a Tag's results, None for a Tag that has no schema."""
    if tag not in MODULES:
        return None
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{tag}.json").read_text(encoding="utf-8")))


def assert_as_their_schemas_say(cos: LocalCos) -> None:
    """Assert that every result object there is validates against the schema of its Tag."""
    for bucket in cos.buckets:
        for key in cos.keys(bucket):
            stored = cos.get(bucket, key)
            if stored.metadata.get("ci-callback", "").startswith("v1 job=") and stored.body.startswith(b"{"):
                one = json.loads(stored.body)
                if (schema := schema_of(one["Tag"])) is not None:
                    schema.validate(one)


@pytest.fixture(autouse=True)
def results_are_as_their_schemas_say(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look, after each test with a local COS, at every result it wrote; `contradicts_schema` exempts a test.

    CI's own word counts: a field that CI fills with something else than it documents is kept as it came.
    """
    cos = request.getfixturevalue("cos") if "cos" in request.fixturenames else None
    yield
    if isinstance(cos, LocalCos) and request.node.get_closest_marker("contradicts_schema") is None:
        assert_as_their_schemas_say(cos)


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a running local COS with two empty buckets."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    buckets = {BUCKET: REGION, "other-1234567890": "ap-guangzhou"}
    with LocalCos(buckets=buckets, credentials=credentials) as running:
        yield running


@pytest.fixture(scope="module")
def hurried_cos() -> Iterator[LocalCos]:
    """Return a COS for a whole module, in which nobody waits between tries: that would be nearly all the time."""
    credentials = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")
    with pytest.MonkeyPatch.context() as patch, LocalCos(buckets={BUCKET: REGION}, credentials=credentials) as running:
        patch.setattr(Retry, "sleep", lambda *_: None)
        yield running


@pytest.fixture
def deploy(cos: LocalCos) -> Callable[..., Deployment]:
    """Return a way to deploy a function with settings over the local COS."""
    return functools.partial(deployment_on, cos)


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with the default settings."""
    return deploy()
