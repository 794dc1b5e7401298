"""Reproducible zips: no time, no machine path, no order of a directory."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import yaml

from layers import ROOT, bytecode

ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
FILE_MODE = 0o644


def write_zip(tree: Path, archive: Path, files: list[PurePosixPath] | None = None) -> None:
    """Write the files below `tree` (all, or those given) to a zip with sorted names and constant times."""
    names = [PurePosixPath(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()]
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(f"{archive.name}.part")
    with zipfile.ZipFile(unfinished, "w") as target:
        for name in sorted(names if files is None else files):
            entry = zipfile.ZipInfo(str(name), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, or the mode is ignored
            entry.external_attr = (0o100000 | FILE_MODE) << 16
            target.writestr(entry, (tree / name).read_bytes(), compresslevel=9)
    unfinished.replace(archive)


def build_function_zip(archive: Path, *, python: str | None = None, layer: Path | None = None) -> None:
    """Write the function's zip from the folder and exclusions in serverless.yml.

    With SCF's Python and the layer it has bytecode, as `make layer` adds it to the folder itself.
    """
    src = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))["inputs"]["src"]
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "function"
        shutil.copytree(ROOT / src["src"], tree, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        if python and layer:
            bytecode.compile_function(tree, layer, python)
        names = [PurePosixPath(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()]
        write_zip(tree, archive, [name for name in names if not excluded(name, src["exclude"])])


def excluded(name: PurePosixPath, patterns: list[str]) -> bool:
    """Return whether a path below the source folder matches a glob pattern; `**` spans folders, `*` does not."""
    return any(re.fullmatch(_expression(pattern), str(name)) for pattern in patterns)


def _expression(pattern: str) -> str:
    wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern)
    return "".join(part if part.startswith("[") else wildcards.get(part, re.escape(part)) for part in parts)
