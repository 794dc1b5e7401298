"""A release: its version, its notes, and the workflow that publishes it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ci_callback import __version__
from deploy import notes
from tests import ROOT
from tests.support.pages import page

if TYPE_CHECKING:
    from pathlib import Path

# https://keepachangelog.com/en/1.1.0/
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow of GitHub Actions."""
    found: dict[str, Any] = yaml.safe_load(page(f".github/workflows/{name}"))
    return found


def steps(job: dict[str, Any]) -> list[str]:
    """Return the actions and commands of a job, in order."""
    return [step.get("uses", step.get("run")) for step in job["steps"]]


def test_changelog_is_by_keep_a_changelog() -> None:
    """Unreleased changes first, then each version with its date, newest first, in groups of known names."""
    text = page("CHANGELOG.md")
    unreleased, *versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert unreleased == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", each) for each in versions)
    assert versions == sorted(
        versions, key=lambda each: [int(part) for part in each.split()[0].split(".")], reverse=True
    )
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= set(KINDS)
    assert [line for line in text.splitlines() if re.match(r"[*+] |- [a-z]", line)] == []


def test_version_is_the_same_everywhere() -> None:
    """In the code, in pyproject.toml and at the top of the changelog."""
    assert f'\nversion = "{__version__}"\n' in page("pyproject.toml")
    (newest, *_) = re.findall(r"^## (\d+\.\d+\.\d+) - ", page("CHANGELOG.md"), re.MULTILINE)
    assert newest == __version__


def test_notes_are_those_of_the_version() -> None:
    """Without the heading and other versions; printed by the command of the workflow."""
    assert ".venv/bin/python -m deploy.notes" in page(".github/workflows/release.yml")
    command = [sys.executable, "-m", "deploy.notes", f"v{__version__}"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.startswith("### Added\n")
    assert "\n## " not in printed


@pytest.mark.parametrize("tag", ["v9.9.9", __version__])
def test_tag_of_another_version_is_refused(tag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So no release has the wrong number."""
    assert notes.main([tag]) == 2
    assert capsys.readouterr().err.startswith(f"error: the tag is {tag} and the version {__version__}")


def test_version_without_a_section_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or with an empty one, or without a date."""
    monkeypatch.setattr(notes, "ROOT", tmp_path)
    for section in (
        "## Unreleased\n- A\n",
        f"## {__version__} - 2026-01-01\n\n## 0.0.1 - 2025-01-01\n",
        f"## {__version__}\n- A\n",
    ):
        (tmp_path / "CHANGELOG.md").write_text(section, encoding="utf-8")
        with pytest.raises(notes.NotReleasableError, match="no section"):
            notes.notes(f"v{__version__}")


def test_release_is_published_for_a_tag_only() -> None:
    """By a workflow that may read, but for the job that publishes what another has built."""
    release = workflow("release.yml")
    assert 'on:\n  push:\n    tags: ["v*"]\n\n' in page(".github/workflows/release.yml")
    assert release["permissions"] == {"contents": "read"}
    build, publish = release["jobs"]["build"], release["jobs"]["publish"]
    assert "permissions" not in build
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    assert not any("checkout" in step for step in steps(publish))


def test_release_is_built_twice_and_attested() -> None:
    """The sums of both builds are compared, and those are attested and attached."""
    jobs = workflow("release.yml")["jobs"]
    commands = "\n".join(steps(jobs["build"]))
    assert commands.count("make package") == 2
    assert "diff first dist/SHA256SUMS" in commands
    assert commands.index("make test") < commands.index("make package")
    (attest,) = [step for step in jobs["publish"]["steps"] if "actions/attest" in step.get("uses", "")]
    assert attest["with"] == {"subject-checksums": "dist/SHA256SUMS"}
    assert "gh release create" in steps(jobs["publish"])[-1]
    assert "dist/*" in steps(jobs["publish"])[-1]


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / ".github" / "workflows").glob("*.yml")))
def test_actions_are_pinned_by_hash(name: str) -> None:
    """A tag can be moved; the same action has the same hash in each workflow, and its version beside it."""
    used = re.findall(r"uses: (\S+)(?:  # (v[\d.]+))?$", page(f".github/workflows/{name}"), re.MULTILINE)
    assert used
    assert [
        action for action, version in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) or not version
    ] == []
    everywhere = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yml"))
    for action, _ in used:
        assert set(re.findall(rf"{action.partition('@')[0]}@\w+", everywhere)) == {action}


def test_token_does_not_outlive_a_checkout() -> None:
    """No workflow leaves its credentials in the work tree."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")


@pytest.mark.parametrize("name", ["bug.yml", "feature.yml"])
def test_issue_form_is_valid(name: str) -> None:
    """By the rules of GitHub's forms; a bug has all that its examination needs."""
    form = yaml.safe_load(page(f".github/ISSUE_TEMPLATE/{name}"))
    assert form.keys() == {"name", "description", "labels", "body"}
    fields = [each for each in form["body"] if each["type"] != "markdown"]
    assert {each["type"] for each in fields} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert all(each["attributes"]["label"] for each in fields)
    assert len({each["id"] for each in fields}) == len(fields)
    assert any(each.get("validations", {}).get("required") for each in fields)
    for each in fields:
        assert each["type"] != "dropdown" or all(isinstance(option, str) for option in each["attributes"]["options"])


def test_templates_name_files_and_targets_that_exist() -> None:
    """Pages, folders and `make` targets."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / ".github").rglob("*") if path.is_file()]
    for name in re.findall(r"\b(?:docs/)?[\w-]+\.md\b|\btests/[\w/]+", "".join(texts)):
        assert (ROOT / name).exists() or name == "notes.md", name
    for target in re.findall(r"`make (\w+)`", "".join(texts)):
        assert re.search(rf"^{target}:", page("Makefile"), re.MULTILINE)


def test_security_policy_keeps_reports_private() -> None:
    """It names the way, and both templates point at it."""
    assert "*Report a vulnerability*" in page("SECURITY.md")
    for name in (".github/ISSUE_TEMPLATE/bug.yml", ".github/pull_request_template.md"):
        assert "reported in private, see SECURITY.md" in page(name)


def test_module_is_validated_with_its_providers() -> None:
    """Which no test here can: they are downloaded."""
    commands = steps(workflow("terraform.yml")["jobs"]["validate"])
    assert "terraform -chdir=deploy/terraform validate" in commands
    assert workflow("terraform.yml")["permissions"] == {"contents": "read"}
