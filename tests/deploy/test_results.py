"""The package `ci-callback-results`, installed into an empty environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from typing import TYPE_CHECKING

from ci_callback.shapes import MODULES
from deploy import results
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import importlib.metadata, importlib.resources, importlib.util, json, sys
from ci_callback_results import Job, Result, parse
assert importlib.util.find_spec("ci_callback") is None
assert importlib.metadata.requires("ci-callback-results") == ["pydantic>=2.5,<3"]
read = []
for one in json.load(sys.stdin):
    model = parse(json.dumps(one))
    assert model.model_dump(by_alias=True, exclude_unset=True) == one
    read.append(type(model) not in {Result, Job})
schemas = importlib.resources.files("ci_callback_results") / "schemas"
types = (schemas / "results.d.ts").read_text(encoding="utf-8")
print(json.dumps([importlib.metadata.version("ci-callback-results"), read, "ReviewImage" in types]))
"""


def install(wheel: Path, folder: Path) -> Path:
    """Return the Python of a new environment with the wheel; pydantic is that of the tests."""
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    uv = shutil.which("uv", path=sysconfig.get_path("scripts"))
    offline = ("install", "--no-index", "--no-deps", wheel)
    if uv:
        command: list[str | Path] = [uv, "pip", *offline, "--no-cache", "--python", python]
    else:
        command = [sys.executable, "-m", "pip", "--python", python, *offline]
    subprocess.run(command, check=True, capture_output=True)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def test_installed_package_reads_every_recorded_result(tmp_path: Path) -> None:
    """Without the function, and with schemas and TypeScript types in it."""
    results.write(tmp_path)
    python = install(tmp_path / results.WHEEL, tmp_path / "environment")
    recorded = [
        one
        for path in sorted((ROOT / "events").rglob("*.expected.json"))
        for one in json.loads(path.read_text(encoding="utf-8")).get("objects", {}).values()
    ]
    assert len(recorded) > len(MODULES)
    done = subprocess.run(
        [python, "-c", READ], input=json.dumps(recorded), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    version, known, has_types = json.loads(done.stdout)
    assert (version, has_types) == (results.WHEEL.split("-")[1], True)
    assert known == [one["Tag"] in MODULES for one in recorded]


def test_archive_of_schemas_has_those_of_all_tags(tmp_path: Path) -> None:
    """Beside those of the function, and the TypeScript types."""
    results.write(tmp_path)
    with zipfile.ZipFile(tmp_path / results.ARCHIVE) as archive:
        names = set(archive.namelist())
    assert names >= {f"{tag}.json" for tag in MODULES} | {"results.d.ts", "function/routes.json"}
