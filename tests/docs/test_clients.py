"""The clients of docs/local.md reach the local cloud as the page shows them; test_commands.py runs the shell's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.cloud import LocalCloud
from local.defaults import BUCKET
from tests.support.pages import blocks
from tests.support.programs.node import run_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = "docs/local.md"


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """Return a local cloud with a function URL."""
    with LocalCloud(triggers={"function-url": 0}) as running:
        yield running


def shown(language: str, cloud: LocalCloud) -> str:
    """Return the page's code in a language, with the addresses of the cloud."""
    (text,) = blocks(PAGE, language)
    text = text.replace("http://127.0.0.1:9001", cloud.triggers["function-url"].address)
    return text.replace("http://127.0.0.1:9000", cloud.cos.address)


def test_python_sdk_submits_a_job(cloud: LocalCloud, capsys: pytest.CaptureFixture[str]) -> None:
    """Its callback reaches the function, which stores the result."""
    exec(shown("python", cloud), {})  # noqa: S102  # the page's own code
    cloud.cos.ci.worker.wait()
    assert "Submitted" in capsys.readouterr().out
    assert "input/my.mp3.SoundHound.json" in cloud.listing()


def test_node_sdk_uploads_in_parts_and_sets_tags(cloud: LocalCloud, tmp_path: Path) -> None:
    """It reads the tags back and lists the object."""
    printed = run_node(shown("js", cloud), tmp_path)
    assert "{ Key: 'kind', Value: 'film' }" in printed
    assert f"my.mp4 {3 << 20}" in printed
    requests = [(each.method, each.query.partition("=")[0]) for each in cloud.cos.requests if each.bucket == BUCKET]
    assert ("POST", "uploads") in requests
    assert requests.count(("PUT", "partNumber")) == 3
