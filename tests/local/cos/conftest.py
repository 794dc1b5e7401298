"""The local COS without a past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.sdk_client import BUCKET, CREDENTIALS

if TYPE_CHECKING:
    from local.cos.server import LocalCos


@pytest.fixture
def cos(running: LocalCos) -> LocalCos:
    """Return the COS, empty and without a past."""
    for key in running.keys(BUCKET):
        running.delete(BUCKET, key)
    running.credentials = CREDENTIALS
    running.forget_requests()
    return running
