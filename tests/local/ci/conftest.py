"""A COS whose CI works at once, and a receiver of callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.ci_jobs import Receiver, cos_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cos.server import LocalCos


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS with an input object, whose CI does every job and review at once."""
    with cos_at_once() as cos:
        yield cos


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver of callbacks."""
    with Receiver() as receiver:
        yield receiver
