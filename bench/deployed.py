"""The function as SCF unpacks it, the contestants beside it, and a local COS for all of them.

Every process gets SCF's interpreter and environment. It can import the standard library, its code root and its layer,
and may not write bytecode.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import Program
from layers import archive, build, bytecode, runtime
from layers.pip import pip
from local.cos.server import LocalCos
from local.defaults import BUCKET, CREDENTIALS, PROJECT, REGION, TOKEN
from local.deployment import read_deployment
from local.scf.server import LocalScf

if TYPE_CHECKING:
    from collections.abc import Iterator

CI_CALLBACK = "ci-callback"  # the product's name among the contestants
EVENT = json.loads((PROJECT / "events" / "function-url-xml-success.json").read_text(encoding="utf-8"))
RESULT_KEY = "input/test.mp3.SoundHound.json"

_FOLDER = Path(__file__).parent
_EXTRAS = _FOLDER / ".build"
_DEPLOYMENT = read_deployment(PROJECT / "serverless.yml")

# The imports of a handler written the common way. The layer of the contestants adds those that the
# function's lacks, pinned as for the tests: a yardstick must not change with what it measures.
_COMMON = {
    *("cos-python-sdk-v5", "xmltodict", "tencentcloud-sdk-python-common", "tencentcloud-sdk-python-ssm"),
    *("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection"),
    *("requests", "urllib3", "idna", "certifi", "charset-normalizer"),
}


@dataclass(frozen=True)
class Function:
    """A code root and its layer, and the interpreter that runs them."""

    python: str
    code_root: Path
    layer: Path
    endpoint: str

    def program(self, name: str, *arguments: object) -> Program:
        """Return a program of bench/inside, to run as an instance of this function."""
        source = (_FOLDER / "inside" / name).read_text(encoding="utf-8")
        # -S: with a layer, site-packages stays out of sight, as in local/scf/server.py
        return Program((self.python, "-s", "-S", "-c", source, *map(str, arguments)), self._environment())

    def _environment(self) -> dict[str, str]:
        """Return an instance's whole environment, its role's keys included."""
        keys = {
            "TENCENTCLOUD_SECRETID": CREDENTIALS.secret_id,
            "TENCENTCLOUD_SECRETKEY": CREDENTIALS.secret_key,
            "TENCENTCLOUD_SESSIONTOKEN": CREDENTIALS.token,
            "PYTHONHASHSEED": "0",  # the same work in every process
        }
        return {**self.scf().process_environment(), **keys}

    def scf(self) -> LocalScf:
        """Return a local SCF that runs the function, configured as in serverless.yml."""
        variables = {
            **_DEPLOYMENT.environment,
            "BUCKETS": f"{BUCKET}/{REGION}",
            "CALLBACK_TOKENS": TOKEN,
            "COS_ENDPOINT": self.endpoint,
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
    ci_callback: Function
    floor: Function
    straightforward: Function
    stdlib_only: Function
    folder: Path

    def write_event(self, name: str, event: Any) -> Path:
        """Write an event to a file, as SCF sends it: JSON in UTF-8."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(event, ensure_ascii=False), encoding="utf-8")
        return path


@contextlib.contextmanager
def open_site() -> Iterator[Site]:
    """Unpack everything and start the COS; raise BuildError without SCF's Python."""
    python = runtime.find_python()
    if python is None:
        raise bytecode.BuildError(
            f"what ships runs on Python {runtime.version()}, the runtime of SCF: `make layer` has uv install it; "
            "or set SCF_PYTHON"
        )
    build.ensure()
    with (
        tempfile.TemporaryDirectory() as scratch,
        LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos,
    ):
        folder = Path(scratch)
        layer = _unpack(build.ARCHIVE, folder / "opt")
        common = _common_layer(layer, folder / "opt-common", python)
        bare = folder / "opt-without-bytecode"
        shutil.copytree(common, bare, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "empty").mkdir()
        archive.build_function_zip(folder / "function.zip", python=python, layer=build.FOLDER)
        yield Site(
            cos=cos,
            ci_callback=Function(python, _unpack(folder / "function.zip", folder / "user"), layer, cos.address),
            floor=Function(python, _contestant("floor", folder), common, cos.address),
            straightforward=Function(python, _contestant("straightforward", folder), bare, cos.address),
            stdlib_only=Function(python, _contestant("stdlib_only", folder), folder / "empty", cos.address),
            folder=folder,
        )


def _unpack(zipped: Path, folder: Path) -> Path:
    with zipfile.ZipFile(zipped) as opened:
        opened.extractall(folder)
    return folder


def _contestant(name: str, folder: Path) -> Path:
    """Return a code root with the contestant as its `index`, without bytecode as in a function's zip."""
    root = folder / name
    root.mkdir()
    shutil.copy(_FOLDER / "contestants" / f"{name}.py", root / "index.py")
    return root


def _common_layer(layer: Path, common: Path, python: str) -> Path:
    """Return a layer with every import of the contestants: the function's own if nothing is missing."""
    missing = _COMMON - {pin.name for pin in build.read_pins(build.PINS.read_text())}
    if not missing:
        return layer
    shutil.copytree(layer, common)
    shutil.copytree(_installed(missing, python), common, dirs_exist_ok=True)
    return common


def _installed(names: set[str], python: str) -> Path:
    """Return a folder with these distributions and their bytecode, made once for each set of pins."""
    pinned = (PROJECT / "requirements-dev.txt").read_text(encoding="utf-8")
    blocks = re.findall(rf"^(?:{'|'.join(sorted(names))})==.*(?:\n[ \t]+.*)*", pinned, re.MULTILINE)
    requirements = "\n".join(blocks) + "\n"
    folder = _EXTRAS / hashlib.sha256(requirements.encode()).hexdigest()[:12]
    if folder.is_dir():
        return folder
    _EXTRAS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_EXTRAS) as scratch:
        wanted, unfinished = Path(scratch) / "requirements.txt", Path(scratch) / "unfinished"
        wanted.write_text(requirements)
        pip("install", "--no-compile", "--target", unfinished, "--requirement", wanted)
        valid_forever = ("--invalidation-mode", "unchecked-hash")
        bytecode.run(python, "-S", "-m", "compileall", "-q", *valid_forever, unfinished)
        unfinished.rename(folder)
    return folder
