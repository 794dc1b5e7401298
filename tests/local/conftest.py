"""A running local COS, and the unmodified SDK as its client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from requests.adapters import HTTPAdapter

from local.cos.server import LocalCos
from tests.support.sdk_client import BUCKET, CREDENTIALS, REGION, sdk, session_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests
    from qcloud_cos import CosS3Client


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCos]:
    """One COS for the module."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        yield cos


@pytest.fixture
def session(cos: LocalCos) -> Iterator[requests.Session]:
    """Return a session whose every request goes to the local cloud."""
    with session_to(cos.address) as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=20))
        yield session


@pytest.fixture
def client(session: requests.Session) -> CosS3Client:
    """Return the SDK with the role's credentials; it follows no redirect."""
    return sdk(session)
