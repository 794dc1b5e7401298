"""The code that `python -m local snippet` prints, run against a local cloud."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from local.__main__ import main
from local.cli.snippet import KINDS
from local.defaults import BUCKET, CREDENTIALS
from tests.support.ci_jobs import Receiver, cos_at_once
from tests.support.programs.node import run_node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.ci.jobs import Family
    from local.cos.server import LocalCos

URL = "https://1250000000-abcdefghij.ap-chongqing.tencentscf.com/token'\"$path"
QUEUES: dict[str, Family] = {
    "media": "jobs",
    "workflow": "jobs",
    "picture": "pic_jobs",
    "speech": "asr_jobs",
    "document": "doc_jobs",
    "file": "file_jobs",
    "ai": "ai_jobs",
}


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return the COS of a local cloud, whose CI ends each job at once."""
    with cos_at_once() as cos:
        cos.credentials = CREDENTIALS
        yield cos


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver of callbacks."""
    with Receiver() as receiver:
        yield receiver


def printed(capsys: pytest.CaptureFixture[str], kind: str, url: str, *options: str) -> str:
    """Return what the command prints."""
    assert main(["snippet", "--kind", kind, "--url", url, *options]) == 0
    return capsys.readouterr().out


def check(kind: str, cos: LocalCos, receiver: Receiver) -> None:
    """Check that CI calls the receiver, by its queue or for the submitted job."""
    if kind in QUEUES:
        notify = cos.ci.queues.find(BUCKET, QUEUES[kind]).notify
        assert (notify["Url"], notify["State"]) == (f"{receiver.address}/{kind}", "On")
    else:
        assert f"/{kind}" in [request.target for request in receiver.received]


@pytest.mark.parametrize("kind", KINDS)
def test_python_snippet_sets_the_url(
    kind: str, cos: LocalCos, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """A queue has the URL, a job is called back there."""
    exec(printed(capsys, kind, f"{receiver.address}/{kind}", "--cos", cos.address), {})  # noqa: S102  # the code to test
    cos.ci.worker.wait()
    check(kind, cos, receiver)
    assert capsys.readouterr().out


def test_node_snippets_set_the_url(
    cos: LocalCos, receiver: Receiver, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """All kinds in one process; media and workflow have one queue."""
    kinds = [kind for kind in KINDS if kind != "workflow"]
    options = ("--language", "node", "--cos", cos.address)
    scripts = [printed(capsys, kind, f"{receiver.address}/{kind}", *options) for kind in kinds]
    run_node("\n".join(f"(() => {{\n{script}\n}})();" for script in scripts), tmp_path)
    cos.ci.worker.wait()
    for kind in kinds:
        check(kind, cos, receiver)


@pytest.mark.parametrize("kind", ["media", "job"])
def test_snippet_for_the_cloud_has_no_secret(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The environment gives the key, the options bucket and region; the URL may have any characters."""
    code = printed(capsys, kind, URL, "--bucket", "own-1250000001/ap-guangzhou")
    texts = {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}
    assert {URL, "own-1250000001", "ap-guangzhou", "TENCENTCLOUD_SECRET_KEY"} <= texts
    assert CREDENTIALS.secret_key not in code
    assert "http://" not in code


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--kind", "vidoe", "--url", URL], "unknown kind"),
        (["--kind", "media", "--url", "example.com"], "such as https://example.com/token"),
        (["--kind", "media", "--url", URL, "--bucket", "mine"], "such as media-1250000000/ap-chongqing"),
    ],
)
def test_unusable_option_is_reported(options: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With an example, and exit code 2."""
    assert main(["snippet", *options]) == 2
    assert hint in capsys.readouterr().err
