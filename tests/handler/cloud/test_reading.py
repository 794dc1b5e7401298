"""Objects that are read back: bounded before they are read, and never unpacked."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from local.http.message import Response
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, STRICT_ROUTES, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.faults.requests import Asked, Fault
    from local.http.message import Request
    from tests.support.deployment import Deployment

KEY = "audio/song.mp3.SoundHound.json"


@pytest.fixture
def kept(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with one dead letter, whose cause has passed."""
    deployed = deploy(ROUTES=STRICT_ROUTES)
    deployed.cos.put(BUCKET, KEY, b"mine")
    assert deployed.post(body(job())).outcomes == ["dead-lettered"]
    deployed.cos.delete(BUCKET, KEY)
    return deployed


def replayed(deployed: Deployment) -> list[str]:
    """Return the outcome of each dead letter in a replay."""
    return [result["outcome"] for result in Answer(deployed.send({"replay": {}})).body["results"]]


def answer_gets(deployed: Deployment, headers: dict[str, str], content: bytes) -> None:
    """Answer every GET of an object with these headers and this content."""
    answer = Response(200, tuple(({"ETag": '"e"'} | headers).items()), content)

    def intercept(asked: Asked, _: Request) -> Response | None:
        return answer if asked.method == "GET" and asked.key else None

    deployed.cos.intercept = intercept


@pytest.mark.parametrize("fault", ["none", "cut-body"])
def test_object_that_is_too_large_is_not_read(fault: Fault, kept: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length decides, before its content arrives: an answer that ends early makes no difference."""
    monkeypatch.setattr("ci_callback.results.dead_letter._LARGEST", 100)
    kept.cos.faults.script = ["none", fault]  # LIST, GET
    assert replayed(kept) == ["invalid"]
    monkeypatch.undo()
    assert replayed(kept) == ["settled"]


def test_object_that_is_compressed_is_not_unpacked(kept: Deployment) -> None:
    """1 kB of gzip can hold 1 MB."""
    answer_gets(kept, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 1_000_000))
    assert replayed(kept) == ["invalid"]
