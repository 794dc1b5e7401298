"""The built layer and the function's zip run on SCF's Python, bare."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from layers import archive, build, bytecode, runtime
from local.cos.server import Credentials, LocalCos
from tests import ROOT
from tests.support.deployment import RECORD_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
SCF_PYTHON = runtime.find_python()
TAG = f"cpython-{runtime.version().replace('.', '')}"
BUCKET, REGION = "media-1250000000", "ap-chongqing"
TOKEN = "a-token-for-the-tests-only"
CREDENTIALS = Credentials("id", "key", "session")
SETTINGS = {
    "BUCKETS": f"{BUCKET}/{REGION}",
    "CALLBACK_TOKENS": TOKEN,
    "RECORD_SECRET": RECORD_SECRET,
    "TENCENTCLOUD_SECRETID": CREDENTIALS.secret_id,
    "TENCENTCLOUD_SECRETKEY": CREDENTIALS.secret_key,
    "TENCENTCLOUD_SESSIONTOKEN": CREDENTIALS.token,
}
CHECKED_HASH = 0b11  # PEP 552: hash-based, and compared with the source
UNCHECKED_HASH = 0b01  # PEP 552: hash-based, and never compared with the source

needs_scf_python = pytest.mark.skipif(SCF_PYTHON is None, reason="SCF's Python is not installed")


@pytest.fixture(scope="session")
def layer() -> Iterator[zipfile.ZipFile]:
    """Return the layer's zip, built unless it is up to date."""
    build.ensure()
    with zipfile.ZipFile(build.ARCHIVE) as built:
        yield built


@dataclass(frozen=True)
class Platform:
    """The two zips unpacked as on SCF, the only places to import from besides the standard library."""

    user: Path
    opt: Path

    def run(self, code: str, **environment: str) -> str:
        """Run code in a new, bare interpreter that leaves no bytecode; return what it prints."""
        done = subprocess.run(
            [str(SCF_PYTHON), "-S", "-s", "-W", "error", "-c", code],
            env={"PYTHONPATH": f"{self.user}:{self.opt}", "PYTHONDONTWRITEBYTECODE": "x", **environment},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def invoke(self, event: dict[str, Any], **environment: str) -> dict[str, Any]:
        """Deliver one event to a cold instance with plenty of time."""
        context = {"time_limit_in_ms": 60_000}  # on a busy machine the first answer of the local COS takes seconds
        given = f"json.loads({json.dumps(event)!r}), {context}"
        code = f"import index, json; print(json.dumps(index.main_handler({given})))"
        reply: dict[str, Any] = json.loads(self.run(code, **SETTINGS, **environment).splitlines()[-1])
        return reply


@pytest.fixture(scope="session")
def platform(layer: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Return both zips as SCF unpacks them: with other times, and read-only."""
    root = tmp_path_factory.mktemp("scf")
    archive.build_function_zip(root / "function.zip", python=SCF_PYTHON, layer=build.FOLDER)
    with zipfile.ZipFile(root / "function.zip") as function:
        function.extractall(root / "user")
    layer.extractall(root / "opt")
    for path in [*(root / "user").rglob("*"), *(root / "opt").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return Platform(root / "user", root / "opt")


def event(path: str) -> dict[str, Any]:
    """Return a function URL's event with one finished job."""
    job = {
        "JobId": "s0123456789abcdef0123456789abcdef",
        "Tag": "SoundHound",
        "State": "Success",
        "Code": "Success",
        "Input": {"BucketId": BUCKET, "Region": REGION, "Object": "input/test.mp3"},
    }
    return {
        "httpMethod": "POST",
        "path": path,
        "queryString": {},
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"EventName": "TaskFinish", "JobsDetail": [job]}),
    }


@pytest.mark.long
def test_same_pins_give_the_same_bytes(layer: zipfile.ZipFile, tmp_path: Path) -> None:
    """A second build, in another folder, is identical."""
    build.build(tmp_path / "again", tmp_path / "again.zip", python=SCF_PYTHON)
    assert digest(tmp_path / "again.zip") == digest(Path(str(layer.filename)))


@pytest.mark.long
@pytest.mark.usefixtures("layer")
def test_function_zip_is_reproducible(tmp_path: Path) -> None:
    """Built twice it is identical; it has the handler in its root, and bytecode of SCF's Python alone."""
    for name in ("one.zip", "two.zip"):
        archive.build_function_zip(tmp_path / name, python=SCF_PYTHON, layer=build.FOLDER)
    assert digest(tmp_path / "one.zip") == digest(tmp_path / "two.zip")
    names = zipfile.ZipFile(tmp_path / "one.zip").namelist()
    sources = [name for name in names if name.endswith(".py")]
    assert {"index.py", "ci_callback/config/settings.py"} <= set(sources)
    others = sorted(set(names) - set(sources))
    assert [name for name in others if not name.endswith((f".{TAG}.pyc", ".json", "compiled_patterns.pyc"))] == []
    assert len(others) == (len(sources) + 1 if SCF_PYTHON else 0)


@needs_scf_python
@pytest.mark.usefixtures("layer")
def test_function_bytecode_is_checked_against_its_source(tmp_path: Path) -> None:
    """It is valid after unpacking has changed the times, but not for an edited source."""
    archive.build_function_zip(tmp_path / "function.zip", python=SCF_PYTHON, layer=build.FOLDER)
    with zipfile.ZipFile(tmp_path / "function.zip") as function:
        compiled = [name for name in function.namelist() if name.endswith(f".{TAG}.pyc")]
        assert {function.read(name)[4:8] for name in compiled} == {CHECKED_HASH.to_bytes(4, "little")}
        assert not [name for name in compiled if str(ROOT).encode() in function.read(name)]


def digest(path: Path) -> str:
    """Return the file's SHA-256: a difference prints two lines, not two archives."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_unchanged_layer_is_not_built_again(layer: zipfile.ZipFile) -> None:
    """Nor with unchanged pins, build and Python."""
    assert layer.namelist()
    assert build.ensure() is False


def test_uploaded_folder_has_the_files_of_the_zip(layer: zipfile.ZipFile) -> None:
    """With the same content."""
    folder = {
        str(path.relative_to(build.FOLDER)): path.read_bytes() for path in build.FOLDER.rglob("*") if path.is_file()
    }
    assert sorted(folder) == layer.namelist()
    assert [name for name in folder if folder[name] != layer.read(name)] == []


def test_packages_are_in_the_root(layer: zipfile.ZipFile) -> None:
    """SCF puts the root of a layer on the path; nothing is included that is not imported."""
    top = {name.split("/")[0] for name in layer.namelist()}
    assert {"qcloud_cos", "pydantic", "pydantic_core", "defusedxml", "crcmod", "six.py"} <= top
    assert not {"python", "Crypto", "bin"} & top
    parts = {part for name in layer.namelist() for part in name.split("/")[:-1]}
    assert not parts & {"test", "tests", "v1"}
    assert not [part for part in parts if part.endswith(".dist-info")]
    assert not [name for name in layer.namelist() if name.endswith((".pyi", ".c", ".h"))]


def test_layer_stays_small(layer: zipfile.ZipFile) -> None:
    """A cold start fetches and unpacks it: at most 5.5 MB zipped and 16 MB unpacked."""
    assert build.ARCHIVE.stat().st_size <= 5_500_000
    assert sum(entry.file_size for entry in layer.infolist()) <= 16_000_000


def test_layer_has_every_licence(layer: zipfile.ZipFile) -> None:
    """One text for each distribution."""
    pins = [pin for pin in build.read_pins(build.PINS.read_text()) if pin.name not in build.LEFT_OUT]
    licences = [name for name in layer.namelist() if name.startswith(build.LICENCES)]
    assert len(licences) == len(pins)
    assert [name for name in licences if not layer.read(name).strip()] == []


def test_binaries_are_those_of_scf(layer: zipfile.ZipFile) -> None:
    """CPython of its version on x86-64 Linux, on any machine that builds the layer."""
    binaries = [name for name in layer.namelist() if name.endswith(".so")]
    assert binaries
    assert [name for name in binaries if not name.endswith(f".{TAG}-x86_64-linux-gnu.so")] == []


@needs_scf_python
def test_layer_bytecode_is_never_stale(layer: zipfile.ZipFile) -> None:
    """Every module has bytecode of SCF's Python that is used unchecked."""
    magic = bytes.fromhex(
        subprocess.run(
            [str(SCF_PYTHON), "-c", "import importlib.util as u; print(u.MAGIC_NUMBER.hex())"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
    sources = [name for name in layer.namelist() if name.endswith(".py")]
    compiled = [name for name in layer.namelist() if name.endswith(".pyc")]
    assert len(sources) == len(compiled) > 100
    expected = magic + UNCHECKED_HASH.to_bytes(4, "little")
    assert [name for name in compiled if layer.read(name)[:8] != expected] == []


def test_no_machine_path_is_in_the_layer(layer: zipfile.ZipFile) -> None:
    """A traceback names the paths on SCF, not those of the machine that built the layer."""
    here = [f"{folder}/".encode() for folder in (ROOT, Path.home(), Path(sys.prefix))]
    files = [name for name in layer.namelist() if not name.endswith(".so")]
    assert [name for name in files if any(folder in layer.read(name) for folder in here)] == []
    compiled = [name for name in files if name.endswith(".pyc")]
    assert [name for name in compiled if f"{bytecode.LAYER}/".encode() not in layer.read(name)] == []


@needs_scf_python
def test_bare_interpreter_is_bare(platform: Platform) -> None:
    """The other tests import from function, layer and standard library alone."""
    paths = platform.run("import sys; print(*[path for path in sys.path if path], sep='\\n')").split()
    assert paths[:2] == [str(platform.user), str(platform.opt)]
    assert [path for path in paths[2:] if "site-packages" in path or "lib/python3" not in path] == []


@needs_scf_python
def test_every_dependency_imports(platform: Platform) -> None:
    """Each module at the top of the layer is imported from it, in the pinned version."""
    modules = sorted(path.stem for path in platform.opt.iterdir() if path.stem.isidentifier())
    modules = [name for name in modules if name != "__pycache__"]
    code = f"""
import importlib, json, sys
found = {{}}
for name in {modules!r}:
    module = importlib.import_module(name)
    assert module.__file__.startswith({str(platform.opt)!r}), module.__file__
    found[name] = getattr(module, "__version__", None)
importlib.import_module("tencentcloud.common.common_client")
# the COS SDK puts the API's generation before its own version
found["qcloud_cos"] = importlib.import_module("qcloud_cos.version").__version__.removeprefix("5.")
print(json.dumps(found))
"""
    found = json.loads(platform.run(code))
    pins = {pin.name.replace("-", "_"): pin.version for pin in build.read_pins(build.PINS.read_text())}
    pins["qcloud_cos"] = pins["cos_python_sdk_v5"]
    # one package of several distributions, each with its own number
    numbers = {version for name, version in pins.items() if name.startswith("tencentcloud_sdk_python_")}
    assert found.pop("tencentcloud") in numbers
    versions = {name: version for name, version in found.items() if version}
    assert len(versions) >= 8
    assert versions == {name: pins[name] for name in versions}


@needs_scf_python
def test_wrong_token_is_refused(platform: Platform) -> None:
    """The function starts and answers 401."""
    reply = platform.invoke(event("/not-the-token-of-this-function"))
    assert reply["statusCode"] == 401


@needs_scf_python
def test_callback_becomes_an_object(platform: Platform) -> None:
    """The function writes the result of a callback, from a read-only disk."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        reply = platform.invoke(event(f"/{TOKEN}"), COS_ENDPOINT=cos.address)
        assert reply["statusCode"] == 200, reply
        assert json.loads(cos.get(BUCKET, "input/test.mp3.SoundHound.json").body)["Tag"] == "SoundHound"
        assert len(cos.requests) == 1


@needs_scf_python
def test_doctor_accepts_the_built_layer(platform: Platform) -> None:
    """In a sound cloud it reports no warnings and no problems."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        reply = platform.invoke({"doctor": {}}, COS_ENDPOINT=cos.address)
    report = json.loads(reply["body"])
    assert (report["warnings"], report["problems"]) == (0, 0), report
    assert {"python", "libraries"} <= {each["check"] for each in report["findings"]}


@needs_scf_python
def test_actions_run_with_the_built_layer(platform: Platform) -> None:
    """All four reach their services."""
    then = [{"invoke": "f1"}, {"publish": "eb-abcdefgh"}, {"topic": "t1"}, {"post": "https://example.com/hook"}]
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        reply = platform.invoke(
            event(f"/{TOKEN}"),
            COS_ENDPOINT=cos.address,
            WEBHOOK_SECRET="whsec_" + "A" * 43,
            ROUTES=json.dumps([{"tag": "*", "state": "*", "write": "{object}.{tag}.json", "then": then}]),
        )
        assert reply["statusCode"] == 200, reply
        assert [each.kind for each in cos.receivers.taken()] == ["invoke", "publish", "topic", "post"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("requests>=2\n", "not pinned"),
        ("requests==2.34.2\n", "not pinned and hashed"),
        ("# nothing\n", "no requirement"),
    ],
)
def test_unpinned_requirement_is_refused(lines: str, message: str) -> None:
    """Without version or hash."""
    with pytest.raises(bytecode.BuildError, match=message):
        build.read_pins(lines)


def test_other_version_is_refused(tmp_path: Path) -> None:
    """The build fails unless the installed version is the pinned one."""
    metadata = tmp_path / "cos_python_sdk_v5-1.8.3.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: cos-python-sdk-v5\nVersion: 1.8.3\n")
    pins = [build.Pin("cos-python-sdk-v5", "1.9.44", "")]
    with pytest.raises(bytecode.BuildError, match=r"1\.8\.3"):
        build._check_versions(tmp_path, pins)
