"""A function as deployed over a local COS, for tests of every package."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ci_callback.commands.sweep import checkpoint
from ci_callback.function import Function
from local.cos.server import Credentials

if TYPE_CHECKING:
    import pytest

    from local.cos.server import LocalCos

BUCKET = "test-1234567890"
OTHER_BUCKET = "other-1234567890"
REGION = "ap-chongqing"
TOKEN = "local-token-0123456789"
OWN_TOKEN = "own-token-Xq7ZtV2mR9"  # without COS_ENDPOINT, where the public one is refused
RECORD_SECRET = "a-Secret-of-43-characters-signs-Records_7xQ"
# One key for each job: a foreign object under it is a conflict.
STRICT_ROUTES = json.dumps(
    [
        {"tag": "*", "state": "Success", "write": "{object}.{tag}.json"},
        {"tag": "*", "state": "Failed", "write": "{object}.{tag}.failed.json"},
        {"tag": "*", "state": "*", "ignore": True},
    ]
)
CREDENTIALS = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")


@dataclass
class Deployment:
    """A function as deployed, and the COS it writes to. `environ` is read again for every event, as on SCF."""

    function: Function
    environ: dict[str, str]
    cos: LocalCos
    context: dict[str, Any] = field(default_factory=lambda: {"time_limit_in_ms": 30_000, "memory_limit_in_mb": 128})

    def send(self, event: Any) -> dict[str, Any]:
        """Return the function's reply to an event, of which the function gets a copy: it takes the body out."""
        own = {**event} if isinstance(event, dict) else event
        return self.function.handle(own, {**self.context, "request_id": str(uuid.uuid4())})

    def post(self, body: bytes | str, *, token: str = TOKEN) -> Answer:
        """Return the answer to a callback POSTed to the function URL; bytes that are not UTF-8 are sent as base64."""
        return Answer(self.send(url_event(body, token=token)))

    def result(self, key: str, bucket: str = BUCKET) -> Any:
        """Return the JSON of an object."""
        return json.loads(self.cos.get(bucket, key).body)

    def listing(self, bucket: str = BUCKET) -> list[str]:
        """Return the bucket's keys."""
        return self.cos.keys(bucket)

    def dead_letters(self, bucket: str = BUCKET) -> list[dict[str, Any]]:
        """Return the dead letters in the bucket."""
        prefix = self.environ.get("DEAD_LETTER", "ci-callback/dead-letter/")
        below = [key for key in self.listing(bucket) if key.startswith(prefix)]
        return [self.result(key, bucket) for key in below if not checkpoint.is_one(key, prefix)]

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


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines that the function has logged since the last call."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


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
