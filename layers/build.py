"""Build the dependency layer, and the bytecode of layer and function.

    python -m layers.build    fills layers/build, writes layers/ci-callback-layer.zip, puts bytecode into handler/

The content is that of `requirements.txt`: each file is checked against its hashes, and the installed versions against
the pins. The same pins give the same bytes: no time, machine path or directory order is included.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from layers import ROOT, bytecode, runtime
from layers.archive import FILE_MODE, write_zip
from layers.pip import pip
from layers.report import report
from terminal.exit_codes import exit_code
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Show = Callable[[str], None]  # called at the start of each step

HANDLER = ROOT / "handler"
PINS = ROOT / "requirements.txt"
FOLDER = ROOT / "layers" / "build"  # uploaded by layers/serverless.yml
ARCHIVE = ROOT / "layers" / "ci-callback-layer.zip"
WORK = ROOT / "layers" / ".build"  # downloads, stamp and lock: beside the uploaded folder, never in it

# crcmod has no wheel. Its C part is optional, so the pure-Python package is taken out of the sdist as it is:
# building it would give a binary for this machine instead of one for SCF.
SDISTS = {"crcmod": "python3/crcmod"}
# The COS SDK requires it, but only its client-side encryption imports it: it would double the layer.
LEFT_OUT = {"pycryptodome"}

LICENCES = "third-party-licences"  # not importable by that name
UNUSED_FOLDERS = {"__pycache__", "bin", "test", "tests"}
UNUSED_SUFFIXES = {".c", ".h", ".js", ".md", ".pyi", ".pyx", ".txt", ".typed"}
UNUSED_PATHS = (
    "charset_normalizer/cli",  # a command
    "crcmod/test.py",
    "idna/cli.py",  # a command
    "pydantic/mypy.py",  # for type checkers
    "pydantic/v1",  # pydantic 1 for programs in transition
    "qcloud_cos/cos_encryption_client.py",  # needs pycryptodome
    "qcloud_cos/crypto.py",  # the same
)

FOLDER_MODE = 0o755


@dataclass(frozen=True)
class Pin:
    """One requirement of requirements.txt: its normalised name, its version and its lines with the hashes."""

    name: str
    version: str
    text: str

    @property
    def hashes(self) -> frozenset[str]:
        """The SHA-256 sums of the files that may be used."""
        return frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", self.text))


def main(arguments: Sequence[str] | None = None) -> int:
    """Build if something changed, and print the sizes; return 2 if the build fails."""
    parser = argparse.ArgumentParser(prog="python -m layers.build", description="build layers/build as SCF gets it")
    parser.add_argument("--json", action="store_true", help="print sizes in bytes as JSON, for machines")
    options = parser.parse_args(arguments)
    try:
        with StageProgress() as progress:
            followed = runtime.follow()
            missing = runtime.provide_python(progress.show)
            built = ensure(progress.show)
            compiled = compile_handler(progress.show)
    except bytecode.BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for name in followed:
        print(f"{name}: changed to Python {runtime.version()}, the runtime of serverless.yml", file=sys.stderr)
    found = report(FOLDER, ARCHIVE, built=built, compiled=compiled)
    print(json.dumps(asdict(found), indent=2) if options.json else "\n".join(found.lines(missing)))
    return 0


def ensure(show: Show = lambda _: None) -> bool:
    """Build FOLDER and ARCHIVE if they are out of date, and return whether they were; safe in several processes."""
    python = runtime.find_python()
    wanted = fingerprint(python)
    stamp = WORK / "stamp"
    with _lock():
        if stamp.is_file() and stamp.read_text() == wanted and _intact():
            return False
        stamp.unlink(missing_ok=True)
        build(FOLDER, ARCHIVE, python=python, show=show)
        stamp.write_text(wanted)
    return True


def _intact() -> bool:
    """Return whether folder and zip hold the same files: a program run from the folder may have left its own."""
    if not ARCHIVE.is_file():
        return False
    with zipfile.ZipFile(ARCHIVE) as archive:
        zipped = {entry.filename: entry.file_size for entry in archive.infolist()}
    files = (path for path in FOLDER.rglob("*") if path.is_file())
    return zipped == {path.relative_to(FOLDER).as_posix(): path.stat().st_size for path in files}


def compile_handler(show: Show = lambda _: None) -> bool:
    """Add bytecode to the function's folder; return False without SCF's Python."""
    python = runtime.find_python()
    if python is None:
        return False
    show("compiling the function")
    with _lock():
        bytecode.compile_function(HANDLER, FOLDER, python)
    return True


def fingerprint(python: str | None) -> str:
    """Return a text of everything that the build depends on."""
    builders = sorted(Path(__file__).parent.glob("*.py"))
    inputs = hashlib.sha256(b"".join(path.read_bytes() for path in (PINS, *builders))).hexdigest()
    return f"{inputs}\n{runtime.version()} {python}\n"


def build(folder: Path, archive: Path, *, python: str | None, show: Show = lambda _: None) -> None:
    """Build the layer from the pins: its unpacked `folder` and its zip `archive`."""
    pins = [pin for pin in read_pins(PINS.read_text()) if pin.name not in LEFT_OUT]
    show(f"downloading {len(pins)} packages")
    downloads = _download(pins)
    with tempfile.TemporaryDirectory(dir=_made(WORK)) as scratch:
        tree = Path(scratch) / "layer"
        show("installing them")
        _install(pins, downloads, tree)
        _check_versions(tree, pins)
        _prune(tree)
        if python:
            show("compiling them")
            bytecode.compile_layer(tree, python)
        _set_modes(tree)
        show("zipping")
        write_zip(tree, archive)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(tree, _made(folder.parent) / folder.name)


def read_pins(text: str) -> list[Pin]:
    """Read the requirements of a pinned and hashed requirements file."""
    blocks = re.findall(r"^[A-Za-z0-9].*(?:\n[ \t]+.*)*", text, re.MULTILINE)
    pins = [_pin(block) for block in blocks]
    if not pins:
        raise bytecode.BuildError("requirements.txt holds no requirement")
    return pins


def _pin(block: str) -> Pin:
    match = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", block)
    if not match or "--hash=sha256:" not in block:
        raise bytecode.BuildError(f"not pinned and hashed in requirements.txt: {block.splitlines()[0]}")
    return Pin(_normalised(match[1]), match[2], block)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _download(pins: list[Pin]) -> Path:
    """Return a folder with the file of every pin, fetched once per set of pins."""
    requirements = "\n".join(pin.text for pin in pins) + "\n"
    downloads = WORK / f"downloads-{runtime.version()}-{hashlib.sha256(requirements.encode()).hexdigest()[:12]}"
    if downloads.is_dir():
        return downloads
    with tempfile.TemporaryDirectory(dir=_made(WORK)) as scratch:
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text(requirements)
        fetched = Path(scratch) / "downloads"
        no_wheel = [f"--no-binary={name}" for name in SDISTS]
        pip("download", *no_wheel, "--dest", fetched, "--requirement", wanted)
        with contextlib.suppress(OSError):  # another process was faster
            fetched.rename(downloads)
    return downloads


def _install(pins: list[Pin], downloads: Path, tree: Path) -> None:
    tree.mkdir()
    wanted = tree.with_suffix(".requirements")
    wanted.write_text("\n".join(pin.text for pin in pins if pin.name not in SDISTS) + "\n")
    offline = ("--no-index", "--find-links", downloads)
    pip("install", *offline, "--no-compile", "--target", tree, "--requirement", wanted)
    for pin in pins:
        if pin.name in SDISTS:
            _unpack(pin, downloads / f"{pin.name}-{pin.version}.tar.gz", tree)


def _unpack(pin: Pin, sdist: Path, tree: Path) -> None:
    """Extract the pure-Python package, its metadata and licence from an sdist with the pinned hash."""
    if hashlib.sha256(sdist.read_bytes()).hexdigest() not in pin.hashes:
        raise bytecode.BuildError(f"{sdist.name} does not have the pinned hash; remove layers/.build and try again")
    top = PurePosixPath(f"{pin.name}-{pin.version}")
    metadata = tree / f"{top}.dist-info"
    others = {top / "PKG-INFO": metadata / "METADATA", top / "LICENSE": metadata / "LICENSE"}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            name = PurePosixPath(member.name)
            content = archive.extractfile(member)
            target = tree / pin.name / name.name if name.parent == top / SDISTS[pin.name] else others.get(name)
            if content and target:
                _made(target.parent)
                target.write_bytes(content.read())


def _check_versions(tree: Path, pins: list[Pin]) -> None:
    """Raise unless the installed versions are the pinned ones: without a pin pip falls back to an older COS SDK."""
    installed = {}
    for metadata in tree.glob("*.dist-info/METADATA"):
        headers = HeaderParser().parsestr(metadata.read_text(encoding="utf-8"))
        installed[_normalised(headers["Name"])] = headers["Version"]
    pinned = {pin.name: pin.version for pin in pins}
    if installed != pinned:
        wrong = sorted(set(installed.items()) ^ set(pinned.items()))
        raise bytecode.BuildError(f"installed and pinned versions differ: {wrong}")


def _prune(tree: Path) -> None:
    """Keep the licence texts and remove everything that the function never imports."""
    licences = _made(tree / LICENCES)
    for metadata in sorted(tree.glob("*.dist-info")):
        texts = [path.read_text(encoding="utf-8") for path in sorted(metadata.rglob("*")) if _is_licence(path)]
        (licences / metadata.stem).write_text("\n".join(texts or [_licence_named(metadata)]), encoding="utf-8")
        shutil.rmtree(metadata)
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_dir() and path.name in UNUSED_FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in UNUSED_SUFFIXES:
            path.unlink()
    for name in UNUSED_PATHS:
        _remove(tree / name)


def _licence_named(metadata: Path) -> str:
    """Return the licence in the metadata of a distribution without a licence text."""
    headers = HeaderParser().parsestr((metadata / "METADATA").read_text(encoding="utf-8"))
    return f"{headers['Name']} {headers['Version']}: {headers['License']}\n"


def _is_licence(path: Path) -> bool:
    return path.is_file() and path.name.upper().startswith(("LICEN", "NOTICE", "COPYING"))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()  # fails if a new version no longer has it: the list above is stale


def _set_modes(tree: Path) -> None:
    """Make everything readable to the user of SCF, independently of the umask."""
    for path in [tree, *tree.rglob("*")]:
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Admit one process at a time."""
    with (_made(WORK) / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(exit_code(main))
