"""Jobs for the local Cloud Infinite and a receiver of their callbacks, shared by its tests."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.cos.server import LocalCos
from local.http.message import Request, Response
from local.http.server import Service
from tests.support.sdk_client import BUCKET, CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qcloud_cos import CosS3Client

INPUT = "input/test.mp3"


@contextmanager
def cos_at_once() -> Iterator[LocalCos]:
    """Start a COS with an input object, whose CI finishes every job immediately."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        cos.ci.worker.delay_s = 0
        cos.put(BUCKET, INPUT, b"sound")
        yield cos


class Receiver(Service):
    """A server that answers and keeps every callback."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(0)
        self.status = status
        self.received: list[Request] = []

    def _answer(self, request: Request) -> Response:
        self.received.append(request)
        return Response(self.status, (("Location", f"{self.address}/elsewhere"),), b"seen")


def asked(**more: Any) -> dict[str, Any]:
    """Return the request for a SoundHound job; a value of None removes a field."""
    fields = {"Tag": "SoundHound", "Input": {"Object": INPUT}, "Operation": {"UserData": "order 4711"}, **more}
    return {name: value for name, value in fields.items() if value is not None}


def output(key: str = "out/made.mp4", **more: Any) -> dict[str, Any]:
    """Return an Operation that writes to a key."""
    return {"Output": {"Bucket": BUCKET, "Region": REGION, "Object": key}, **more}


def submit(client: CosS3Client, **more: Any) -> dict[str, Any]:
    """Submit one job with the SDK and return its JobsDetail in the answer."""
    (detail,) = client.ci_create_media_jobs(Bucket=BUCKET, Jobs=asked(**more))["JobsDetail"]
    return dict(detail)


def look_up(client: CosS3Client, job_id: str) -> dict[str, Any]:
    """Return the job from CI's job API."""
    (detail,) = client.ci_get_media_jobs(Bucket=BUCKET, JobIDs=job_id)["JobsDetail"]
    return dict(detail)
