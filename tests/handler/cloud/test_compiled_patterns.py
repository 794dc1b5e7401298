"""Regular expressions compiled by the build, so that a cold start compiles none."""

from __future__ import annotations

import re
import sys
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ci_callback.cloud import compiled_patterns
from layers import archive, build, runtime
from tests.support.python import run

if TYPE_CHECKING:
    from pathlib import Path

SCF_PYTHON = runtime.find_python()


def test_compiled_patterns_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """`re` finds the patterns of the file, by pattern and flags; a file of another release of `re` is ignored."""
    import _sre  # noqa: PLC0415 - only here

    pattern = "an (only) pattern of this test"
    original = re.compile(pattern)
    file = SimpleNamespace(MAGIC=_sre.MAGIC + 1, PATTERNS=[("str", pattern, 0, ("x",))])
    monkeypatch.setitem(sys.modules, "compiled_patterns", file)
    compiled_patterns.install()
    assert re.compile(pattern) is original
    code = _code_of(pattern)
    file.MAGIC, file.PATTERNS = _sre.MAGIC, [("str", pattern, 0, code)]
    compiled_patterns.install()
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


@pytest.mark.long
@pytest.mark.skipif(SCF_PYTHON is None, reason="SCF's Python is not installed")
def test_a_cold_start_compiles_no_regular_expression(tmp_path: Path) -> None:
    """The build has compiled every pattern that an import of the function needs."""
    build.ensure()
    archive.build_function_zip(tmp_path / "function.zip", python=SCF_PYTHON, layer=build.FOLDER)
    with zipfile.ZipFile(tmp_path / "function.zip") as function:
        function.extractall(tmp_path / "user")
    code = (
        "from ci_callback.cloud import compiled_patterns; compiled_patterns.install()\n"
        "import sre_compile; made = []; one = sre_compile.compile\n"
        "sre_compile.compile = lambda p, f=0: (made.append(p), one(p, f))[1]\n"
        "import index; print(made)"
    )
    path = f"{tmp_path / 'user'}:{build.FOLDER}"
    assert run(code, python=str(SCF_PYTHON), path=path) == "[]"
