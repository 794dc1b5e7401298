"""The tests tested: each small defect in flaws/, put into a copy of the handler, makes at least one of them fail."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

pytestmark = pytest.mark.long
HANDLER = ROOT / "handler"

# These must never be missing from flaws/; there may be more.
DEMANDED = {
    "action-before-the-write",
    "action-repeated-on-duplicate",
    "bucket-of-the-body-trusted",
    "conflict-taken-for-duplicate",
    "credentials-cached",
    "cut-off-answer-taken-for-success",
    "dead-letter-dropped",
    "dead-letter-not-byte-exact",
    "dtd-accepted",
    "duplicate-names-accepted",
    "forbid-overwrite-forgotten",
    "foreign-object-overwritten",
    "free-key-taken-by-force",
    "http-event-taken-for-an-invoke",
    "loop-guard-gone",
    "lost-race-taken-for-duplicate",
    "older-over-newer",
    "overwrite-without-compare",
    "private-address-accepted",
    "redirect-of-a-post-followed",
    "redirect-taken-for-success",
    "region-of-the-body-trusted",
    "reply-before-the-write",
    "retry-past-the-deadline",
    "secret-logged",
    "times-compared-as-text",
    "token-check-skipped",
    "token-compared-after-the-write",
    "token-compared-by-prefix",
}


@dataclass(frozen=True)
class Edit:
    """Whole lines of a file of the handler, at any indentation, and what stands there in the flawed one."""

    file: str
    old: str
    new: str

    def apply(self, handler: Path) -> None:
        """Change the file; fail where the old lines do not stand there exactly once."""
        path = handler / self.file
        source = path.read_text(encoding="utf-8")
        lines = re.compile(r"^( *)" + r"\n\1".join(map(re.escape, self.old.splitlines())) + "$", re.MULTILINE)
        found = len(lines.findall(source))
        assert found == 1, (
            f"{self.file} holds these lines {found} times instead of once; "
            f"bring the flaw up to date with the handler:\n{self.old}"
        )
        flawed = lines.sub(lambda match: textwrap.indent(self.new.rstrip(), match[1]), source)
        path.write_text(flawed, encoding="utf-8")


@dataclass(frozen=True)
class Flaw:
    """One file of flaws/: what it breaks, how, and the tests that must notice."""

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    caught_by: tuple[str, ...]


def read(path: Path) -> Flaw:
    """Return the flaw a file describes."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    edits = tuple(Edit(**edit) for edit in content.pop("edits"))
    return Flaw(name=path.stem, edits=edits, caught_by=tuple(content.pop("caught_by")), **content)


FLAWS = [read(path) for path in sorted((Path(__file__).parent / "mutants").glob("*.yml"))]


def copy_of_the_handler(folder: Path, edits: Iterable[Edit] = ()) -> Path:
    """Return a copy of handler/ with the edits made."""
    handler = folder / "handler"
    # bytecode left behind, which could outlive an edit made within the same second
    shutil.copytree(HANDLER, handler, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        edit.apply(handler)
    return handler


def run(tests: Sequence[str], handler: Path) -> subprocess.CompletedProcess[str]:
    """Return what pytest, in a process of its own, says of these tests over the handler in that folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    environ = {
        **inherited,
        "HYPOTHESIS_PROFILE": "quick",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # neither coverage nor workers, and half a second less each
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(handler),
    }
    path = f"pythonpath={shlex.quote(str(handler))} ."
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=short", "-p", "no:cacheprovider", "-o", path, *tests]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=120)


def test_no_demanded_flaw_is_missing() -> None:
    """The catalogue holds every defect that the project has promised to notice, each said in one sentence."""
    assert {flaw.name for flaw in FLAWS} >= DEMANDED
    assert all(flaw.breaks.endswith(".") and flaw.edits and flaw.caught_by for flaw in FLAWS)


def test_the_sound_handler_passes(tmp_path: Path) -> None:
    """Every test that notices a flaw passes over an unchanged copy, so that it is the flaw it notices."""
    tests = sorted({test for flaw in FLAWS for test in flaw.caught_by})
    done = run(tests, copy_of_the_handler(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_a_flaw_is_noticed(flaw: Flaw, tmp_path: Path) -> None:
    """With the flaw in it, a test that names it fails: by its assertions, not because nothing could be run."""
    done = run(flaw.caught_by, copy_of_the_handler(tmp_path, flaw.edits))
    assert done.returncode == 1, f"{flaw.breaks} Nobody noticed.\n{done.stdout}{done.stderr}"
    assert " failed" in done.stdout.splitlines()[-1], done.stdout
