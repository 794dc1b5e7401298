"""The unmodified COS SDK, pointed at a local cloud: what the tests of local/ share."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from qcloud_cos import CosConfig, CosS3Client, CosServiceError
from requests.adapters import HTTPAdapter

from local.cos import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

BUCKET = "test-1234567890"
REGION = "ap-chongqing"
CREDENTIALS = Credentials("AKIDtest", "secret-key", "session-token")

logging.getLogger("qcloud_cos").setLevel(logging.CRITICAL)


class Redirected(HTTPAdapter):
    """Sends every request to one address, its Host header unchanged: what COS_ENDPOINT does."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send to the other address."""
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        request.url = str(request.url).replace(f"{parts.scheme}://{parts.netloc}", self.address, 1)
        return super().send(request, *arguments, **options)


@contextmanager
def session_to(address: str) -> Iterator[requests.Session]:
    """Open a session whose every https request goes to the local cloud."""
    with requests.Session() as session:
        session.mount("https://", Redirected(address))
        yield session


def sdk(session: requests.Session, credentials: Credentials = CREDENTIALS, **options: Any) -> CosS3Client:
    """Return the vendor's client; retries off so that every answer is seen."""
    config = CosConfig(
        SecretId=credentials.secret_id,
        SecretKey=credentials.secret_key,
        Token=credentials.token or None,
        **{"Region": REGION, **options},
    )
    return CosS3Client(config, retry=0, session=session)


def error_of(error: pytest.ExceptionInfo[CosServiceError]) -> tuple[int, str]:
    """Return the status and COS's error code."""
    return error.value.get_status_code(), error.value.get_error_code()


def read(client: CosS3Client, key: str, **options: Any) -> bytes:
    """Return the object's bytes by way of the SDK."""
    body: bytes = client.get_object(Bucket=BUCKET, Key=key, **options)["Body"].get_raw_stream().read()
    return body
