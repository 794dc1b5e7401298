"""A COS whose CI works at once, its SDK, and a receiver of callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.ci_jobs import Receiver, cos_at_once
from tests.support.sdk_client import sdk, session_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests
    from qcloud_cos import CosS3Client

    from local.cos.server import LocalCos


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS with an input object, whose CI does every job and review at once."""
    with cos_at_once() as cos:
        yield cos


@pytest.fixture
def session(cos: LocalCos) -> Iterator[requests.Session]:
    """Return a session whose every request goes to the local cloud."""
    with session_to(cos.address) as session:
        yield session


@pytest.fixture
def client(session: requests.Session) -> CosS3Client:
    """Return the SDK with the role's credentials."""
    return sdk(session)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver of callbacks."""
    with Receiver() as receiver:
        yield receiver
