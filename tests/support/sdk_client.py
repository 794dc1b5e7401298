"""The unmodified COS SDK with a local cloud as its endpoint, shared by the tests of local/."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from local.cos.server import Credentials
from local.sdk import client, session_to

if TYPE_CHECKING:
    import pytest
    import requests
    from qcloud_cos import CosS3Client, CosServiceError

__all__ = ["BUCKET", "CREDENTIALS", "REGION", "error_of", "read", "sdk", "session_to"]

BUCKET = "test-1234567890"
REGION = "ap-chongqing"
CREDENTIALS = Credentials("AKIDtest", "secret-key", "session-token")

logging.getLogger("qcloud_cos").setLevel(logging.CRITICAL)


def sdk(session: requests.Session, credentials: Credentials = CREDENTIALS, **options: Any) -> CosS3Client:
    """Return the vendor's client, without retries."""
    return client(session, credentials, **options)


def error_of(error: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    """Return the status and COS's error code."""
    return error.value.get_status_code(), error.value.get_error_code()


def read(client: CosS3Client, key: str, **options: Any) -> bytes:
    """Return the object's bytes, read with the SDK."""
    body: bytes = client.get_object(Bucket=BUCKET, Key=key, **options)["Body"].get_raw_stream().read()
    return body
