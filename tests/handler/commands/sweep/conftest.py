"""A function whose sweeps ask for few Tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

TAGS = ("Snapshot", "SoundHound", "Transcode", "Tts")
FEW = [{"tag": tag, "state": "*", "write": "{object}.{tag}.json"} for tag in TAGS]


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with routes for four Tags: each Tag costs a sweep a request."""
    return deploy(ROUTES=json.dumps([*FEW, {"tag": "*", "state": "*", "ignore": True}]))
