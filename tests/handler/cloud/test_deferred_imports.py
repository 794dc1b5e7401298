"""What a cold start does without is there all the same, once somebody asks for it."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ci_callback.cloud import deferred_imports
from layers import archive, build, bytecode
from tests import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HANDLER = ROOT / "handler"
FIELDS = {"Code": "SlowDown", "Message": "m", "Resource": "r", "RequestId": "i", "TraceId": "t"}
ERROR = f"<Error>{''.join(f'<{name}>{text}</{name}>' for name, text in FIELDS.items())}</Error>"
PYTHON310 = bytecode.find_python310()


def run(code: str, python: str = sys.executable, path: str = str(HANDLER)) -> str:
    """Return what code prints in a new process."""
    done = subprocess.run(
        [python, "-W", "error", "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("import xmltodict; print(xmltodict.unparse({'a': '1'}, full_document=False))", "<a>1</a>"),
        ("from qcloud_cos.cos_comm import unparse; print(unparse({'a': '1'}, full_document=False))", "<a>1</a>"),
        (f"import qcloud_cos.cos_exception as e; print(e.digest_xml({ERROR!r})['code'])", "SlowDown"),
        ("import uuid; print(len(uuid.uuid4().hex))", "32"),
        ("from qcloud_cos import streambody; print(len(streambody.uuid.uuid4().hex))", "32"),
        ("import requests; r = requests.Response(); r._content = 'é'.encode('utf-16'); print(r.text)", "é"),
        ("import importlib.metadata; print(bool(importlib.metadata.version('requests')))", "True"),
        ("from xml.dom import minidom; print(minidom.parseString('<a/>').documentElement.tagName)", "a"),
    ],
)
def test_a_module_that_was_put_off_works_when_it_is_called(call: str, result: str) -> None:
    """Through the SDK that kept a placeholder, or by an import of one's own: it is the real module that answers."""
    assert run(f"import ci_callback.cloud.cos\n{call}") == result


def test_no_placeholder_is_left_behind() -> None:
    """After the SDK's import nobody finds one in its module's place."""
    looks = "print(*[type(sys.modules.get(name)).__name__ for name in deferred_imports._LATER])"
    code = f"import sys; from ci_callback.cloud import deferred_imports; import ci_callback.cloud.cos; {looks}"
    assert set(run(code).split()) <= {"NoneType", "module"}


def test_a_placeholder_says_nothing_of_itself() -> None:
    """Whoever looks whether it is a package, or where its file is, is told that it has no such thing."""
    assert not hasattr(deferred_imports._Later("x"), "__path__")


def test_a_placeholder_in_a_package_is_found_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`xml.dom.minidom.parseString` works through the package's own name, as the SDK writes it."""
    import xml.dom.minidom  # noqa: PLC0415 - it is put aside in the next line

    monkeypatch.setattr(xml.dom, "minidom", xml.dom.minidom)  # put back afterwards
    monkeypatch.delitem(sys.modules, "xml.dom.minidom")
    with deferred_imports.placeholders():
        assert isinstance(xml.dom.minidom, deferred_imports._Later)
    assert xml.dom.minidom.parseString("<a/>").toxml().endswith("<a/>")  # noqa: S318 - our own text


def test_a_module_that_is_there_is_left_alone() -> None:
    """What somebody has imported before is not hidden, and stays."""
    import xmltodict  # noqa: PLC0415 - that it is there is the point

    with deferred_imports.placeholders():
        assert sys.modules["xmltodict"] is xmltodict
    assert sys.modules["xmltodict"] is xmltodict


def test_a_placeholder_that_was_replaced_meanwhile_stays_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the real module takes the place while placeholders stand, it keeps it."""
    monkeypatch.delitem(sys.modules, "uuid")
    real = ModuleType("uuid")
    with deferred_imports.placeholders():
        assert sys.modules["uuid"] is not real
        sys.modules["uuid"] = real
    assert sys.modules["uuid"] is real


def test_compiled_patterns_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file holds is what `re` finds, by pattern and flags; one of another release of `re` is passed over."""
    import _sre  # noqa: PLC0415 - only here

    pattern = "an (only) pattern of this test"
    original = re.compile(pattern)
    file = SimpleNamespace(MAGIC=_sre.MAGIC + 1, PATTERNS=[("str", pattern, 0, ("x",))])
    monkeypatch.setitem(sys.modules, "compiled_patterns", file)
    deferred_imports.use_compiled_patterns()
    assert re.compile(pattern) is original
    code = _code_of(pattern)
    file.MAGIC, file.PATTERNS = _sre.MAGIC, [("str", pattern, 0, code)]
    deferred_imports.use_compiled_patterns()
    assert re.compile(pattern) is not original
    assert re.compile(pattern).fullmatch(pattern.replace("(", "").replace(")", ""))
    re.purge()


def _code_of(pattern: str) -> tuple[object, ...]:
    """Return the arguments that the pattern's compiled form is made of."""
    done = run(
        "import _sre, re\n"
        "try: from re import _compiler as c\n"
        "except ImportError: import sre_compile as c\n"
        "from types import SimpleNamespace\n"
        "seen = []\n"
        "names = {n: getattr(_sre, n) for n in dir(_sre)}\n"
        "c._sre = SimpleNamespace(**{**names, 'compile': lambda *given: seen.append(given)})\n"
        f"c.compile({pattern!r})\n"
        "t, f, code, *rest = seen[0]\n"
        "print((t, int(f), [int(x) for x in code], *rest))"
    )
    return eval(done)  # type: ignore[no-any-return]  # noqa: S307 - printed by the lines above


@pytest.mark.skipif(PYTHON310 is None, reason="no Python 3.10, the runtime of SCF, is installed")
def test_a_cold_start_compiles_no_regular_expression(tmp_path: Path) -> None:
    """All that `re` is asked for until the first callback is answered has been compiled by the build."""
    build.ensure()
    archive.build_function_zip(tmp_path / "function.zip", python310=PYTHON310, layer=build.FOLDER)
    with zipfile.ZipFile(tmp_path / "function.zip") as function:
        function.extractall(tmp_path / "user")
    code = (
        "from ci_callback.cloud import deferred_imports; deferred_imports.use_compiled_patterns()\n"
        "import sre_compile; made = []; one = sre_compile.compile\n"
        "sre_compile.compile = lambda p, f=0: (made.append(p), one(p, f))[1]\n"
        "import index; print(made)"
    )
    path = f"{tmp_path / 'user'}:{build.FOLDER}"
    assert run(code, python=str(PYTHON310), path=path) == "[]"
