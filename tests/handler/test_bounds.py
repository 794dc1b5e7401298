"""Hostile bodies are handled within bounded memory; `make bench` prints their times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.questions.hostile_bodies import BODIES, send
from local.scf.server import LocalScf
from tests import ROOT
from tests.support.deployment import BUCKET, REGION, TOKEN

if TYPE_CHECKING:
    from local.cos.server import LocalCos

HANDLER = ROOT / "handler"

# These take seconds.
SLOW = {
    "270,000 texts to repair",
    "6 MB of comments and forbidden references",
    "6 MB of forbidden references",
    "6 MB of words",
    "6 MB of words with a trailing comma",
}


@pytest.mark.contradicts_schema
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in SLOW else name for name in BODIES]
)
def test_hostile_body_needs_bounded_memory(name: str, cos: LocalCos) -> None:
    """No server error, and at most 128 MB for the whole instance (guarantee 5)."""
    environment = {"BUCKETS": f"{BUCKET}/{REGION}", "CALLBACK_TOKENS": TOKEN, "COS_ENDPOINT": cos.address}
    row = send(LocalScf(HANDLER, environment=environment, credentials=cos.credentials, timeout_s=30), name)
    assert row["status"] in {200, 400}
    assert row["peak_mb"] <= 128
    assert len(cos.requests) == 1
