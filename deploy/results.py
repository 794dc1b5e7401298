"""Write the wheel of `ci_callback_results`, and the schemas with the TypeScript types; no network, no build tool."""

from __future__ import annotations

import base64
import hashlib
import shutil
import tempfile
from pathlib import Path

from deploy import ROOT, VERSION
from layers.archive import write_zip

PACKAGE = "ci_callback_results"
SCHEMAS = "schemas"
WHEEL = f"{PACKAGE}-{VERSION}-py3-none-any.whl"
ARCHIVE = f"{SCHEMAS}.zip"

_METADATA = f"""\
Metadata-Version: 2.1
Name: {PACKAGE.replace("_", "-")}
Version: {VERSION}
Summary: Results that ci-callback stored, with types
License: MIT
Requires-Python: >=3.10
Requires-Dist: pydantic>=2.5,<3
"""

_TAG = """\
Wheel-Version: 1.0
Generator: ci-callback
Root-Is-Purelib: true
Tag: py3-none-any
"""


def write(folder: Path) -> list[str]:
    """Write both files to a folder; return their names."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "wheel"
        _copy(ROOT / PACKAGE, tree / PACKAGE)
        _copy(ROOT / SCHEMAS, tree / PACKAGE / SCHEMAS)
        _describe(tree)
        write_zip(tree, folder / WHEEL)
        write_zip(tree / PACKAGE / SCHEMAS, folder / ARCHIVE)
    return [WHEEL, ARCHIVE]


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _describe(tree: Path) -> None:
    """Add the wheel's metadata, with the sum of each file: PEP 427."""
    metadata = tree / f"{PACKAGE}-{VERSION}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(_METADATA, encoding="utf-8")
    (metadata / "WHEEL").write_text(_TAG, encoding="utf-8")
    shutil.copyfile(ROOT / "LICENSE", metadata / "LICENSE")
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    record = metadata / "RECORD"
    lines = [f"{path.relative_to(tree).as_posix()},sha256={_sum(path)},{path.stat().st_size}\n" for path in files]
    record.write_text("".join([*lines, f"{record.relative_to(tree).as_posix()},,\n"]), encoding="utf-8")


def _sum(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
