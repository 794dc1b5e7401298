"""Callback bodies of your own.

`CALLBACK_CORPUS=<folder of .xml and .json files> pytest tests/handler/decode/test_corpus.py`
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.deployment import Deployment

FOLDER = os.environ.get("CALLBACK_CORPUS", "")
BODIES = sorted(path for path in Path(FOLDER or ".").glob("*") if path.suffix in {".xml", ".json"}) if FOLDER else []


@pytest.mark.skipif(not FOLDER, reason="CALLBACK_CORPUS names no folder of callback bodies")
def test_the_corpus_is_not_empty() -> None:
    """A folder that is named holds bodies."""
    assert BODIES


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.name)
def test_a_body_is_settled_or_kept(path: Path, deploy: Callable[..., Deployment]) -> None:
    """Each body gets 200 with one outcome per job, or 400 with a dead letter; none is lost, none a server error."""
    deployed = deploy()
    answer = deployed.post(path.read_text(encoding="utf-8"))
    assert answer.status in {200, 400}
    assert answer.outcomes
    kept = {"dead-lettered"} & set(answer.outcomes)
    assert len(deployed.dead_letters()) == len(kept)
    assert answer.status == 200 or kept
