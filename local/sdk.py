"""The vendor's COS SDK, unmodified, pointed at the local cloud.

with session_to("http://127.0.0.1:9000") as session:
    client(session).ci_create_media_jobs(Bucket=…, Jobs={"Tag": "SoundHound", …})
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from qcloud_cos import CosConfig, CosS3Client
from requests.adapters import HTTPAdapter

from local.defaults import CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cos.server import Credentials


class Redirected(HTTPAdapter):
    """Sends every request to one address with its Host header unchanged, as COS_ENDPOINT does."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send to the address."""
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        request.url = str(request.url).replace(f"{parts.scheme}://{parts.netloc}", self.address, 1)
        return super().send(request, *arguments, **options)


@contextmanager
def session_to(address: str) -> Iterator[requests.Session]:
    """Open a session that sends every https request to the local cloud."""
    with requests.Session() as session:
        session.mount("https://", Redirected(address))
        yield session


def client(session: requests.Session, credentials: Credentials = CREDENTIALS, **options: Any) -> CosS3Client:
    """Return the SDK's client, without retries."""
    config = CosConfig(
        SecretId=credentials.secret_id,
        SecretKey=credentials.secret_key,
        Token=credentials.token or None,
        **{"Region": REGION, **options},
    )
    return CosS3Client(config, retry=0, session=session)
