"""What ships, unpacked as SCF unpacks it, and the contestants beside it; a local COS for all of them.

Every process gets the interpreter SCF has, the environment SCF gives, and nothing else to import from than the standard
library, its code root and its layer. No process may write bytecode.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import Program, source
from layers import archive, build, bytecode, pip
from local.cloud import BUCKET, CREDENTIALS, PROJECT, REGION, TOKEN, read_deployment
from local.cos.server import LocalCos
from local.scf.server import LocalScf

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = PROJECT / "events" / "function-url-xml-success.json"
RESULT_KEY = "input/test.mp3.SoundHound.json"

_CONTESTANTS = Path(__file__).parent / "contestants"
_EXTRAS = Path(__file__).parent / ".build"
_DEPLOYMENT = read_deployment(PROJECT / "serverless.yml")

# What a handler written the common way imports. What our layer has no more is laid beside it, from the same pins as
# the tests have: a yardstick must not change with what it measures.
_COMMON = (
    *("cos-python-sdk-v5", "xmltodict", "tencentcloud-sdk-python-common", "tencentcloud-sdk-python-ssm"),
    *("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection"),
    *("requests", "urllib3", "idna", "certifi", "charset-normalizer"),
)


@dataclass(frozen=True)
class Function:
    """A code root and its layer, and the interpreter that runs them."""

    python: str
    code_root: Path
    layer: Path
    endpoint: str

    def program(self, name: str, *arguments: object, **settings: str) -> Program:
        """Return a program of bench/inside, to be run as an instance of this function with these settings."""
        # -S: with a layer, site-packages stays out of sight, as in local/scf/server.py
        command = (self.python, "-s", "-S", "-c", source(name), *map(str, arguments))
        return Program(command, self.environment(**settings))

    def environment(self, **settings: str) -> dict[str, str]:
        """Return an instance's whole environment, its role's keys included."""
        keys = {
            "TENCENTCLOUD_SECRETID": CREDENTIALS.secret_id,
            "TENCENTCLOUD_SECRETKEY": CREDENTIALS.secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": CREDENTIALS.token,
            "PYTHONHASHSEED": "0",  # the same work in every process
        }
        return {**self.scf(**settings).process_environment(), **keys}

    def scf(self, **more: Any) -> LocalScf:
        """Return a local SCF that runs the function, configured as serverless.yml configures it."""
        variables = {
            **_DEPLOYMENT.environment,
            "BUCKETS": f"{BUCKET}/{REGION}",
            "CALLBACK_TOKENS": TOKEN,
            "COS_ENDPOINT": self.endpoint,
            **more,
        }
        return LocalScf(
            self.code_root,
            environment=variables,
            credentials=CREDENTIALS,
            memory_mb=_DEPLOYMENT.memory_mb,
            timeout_s=_DEPLOYMENT.timeout_s,
            region=REGION,
            python=self.python,
            layer=self.layer,
        )


@dataclass(frozen=True)
class Site:
    """The functions that are measured, and their COS."""

    cos: LocalCos
    ours: Function
    floor: Function
    straightforward: Function
    stdlib_only: Function
    folder: Path

    def write_event(self, name: str, event: Any) -> Path:
        """Write an event to a file for processes to read, as SCF sends it: JSON in UTF-8."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(event, ensure_ascii=False), encoding="utf-8")
        return path


@contextlib.contextmanager
def open_site() -> Iterator[Site]:
    """Lay everything out and start the COS; raise BuildError where there is no Python 3.10 to run it."""
    python = bytecode.find_python310()
    if python is None:
        raise bytecode.BuildError("what ships runs on Python 3.10, the runtime of SCF: install it or set PYTHON310")
    build.ensure()
    with (
        tempfile.TemporaryDirectory() as scratch,
        LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos,
    ):
        folder = Path(scratch)
        layer = _unpacked(build.ARCHIVE, folder / "opt")
        common = _common_layer(layer, folder, python)
        bare = folder / "opt-without-bytecode"
        shutil.copytree(common, bare, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "empty").mkdir()
        archive.build_function_zip(folder / "function.zip", python310=python, layer=build.FOLDER)
        yield Site(
            cos=cos,
            ours=Function(python, _unpacked(folder / "function.zip", folder / "user"), layer, cos.address),
            floor=Function(python, _contestant("floor", folder), common, cos.address),
            straightforward=Function(python, _contestant("straightforward", folder), bare, cos.address),
            stdlib_only=Function(python, _contestant("stdlib_only", folder), folder / "empty", cos.address),
            folder=folder,
        )


def _unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


def _contestant(name: str, folder: Path) -> Path:
    """Return a code root with the contestant as its `index`, without bytecode as a function's zip is."""
    root = folder / name
    root.mkdir()
    shutil.copy(_CONTESTANTS / f"{name}.py", root / "index.py")
    return root


def _common_layer(layer: Path, folder: Path, python: str) -> Path:
    """Return a layer with all that the contestants import: ours as long as it has it."""
    shipped = {pin.name for pin in build.read_pins(build.PINS.read_text())}
    missing = [name for name in _COMMON if name not in shipped]
    if not missing:
        return layer
    common = folder / "opt-common"
    shutil.copytree(layer, common)
    shutil.copytree(_installed(missing, python), common, dirs_exist_ok=True)
    return common


def _installed(names: list[str], python: str) -> Path:
    """Return a folder with these distributions and their bytecode, made once for each set of pins."""
    pinned = (PROJECT / "requirements-dev.txt").read_text(encoding="utf-8")
    blocks = [block for name in names for block in re.findall(rf"^{name}==.*(?:\n[ \t]+.*)*", pinned, re.MULTILINE)]
    requirements = "\n".join(blocks) + "\n"
    folder = _EXTRAS / hashlib.sha256(requirements.encode()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    _EXTRAS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_EXTRAS) as scratch:
        wanted, unfinished = Path(scratch) / "requirements.txt", Path(scratch) / "unfinished"
        wanted.write_text(requirements)
        options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", *pip.TARGET)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, "--target", unfinished, "-r", wanted], check=True
        )
        valid_forever = ("--invalidation-mode", "unchecked-hash")
        subprocess.run([python, "-S", "-m", "compileall", "-q", *valid_forever, unfinished], check=True)
        unfinished.rename(folder)
    return folder
