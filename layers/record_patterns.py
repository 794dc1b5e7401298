"""Store the compiled regular expressions of a cold start; SCF's Python runs this on layer and function.

    PYTHONPATH=<function>:<layer> python record_patterns.py <file.pyc>

`re` compiles in Python, which takes a seventh of a cold start. It caches compiled patterns by pattern and flags;
`ci_callback.cloud.deferred_imports` fills that cache from the file. The file is bytecode without a source, so that no
other Python imports it.
"""

from __future__ import annotations

import _sre
import os
import sre_compile
import sys

# no other imports here: their patterns could not be recorded
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ENVIRONMENT = {
    "BUCKETS": "bucket-1250000000/ap-guangzhou",
    "CALLBACK_TOKENS": "a-token-for-the-recorder",
    "COS_ENDPOINT": "http://127.0.0.1:9",  # no server: a request is prepared, and fails
    "LOG_LEVEL": "ERROR",
    "TENCENTCLOUD_SECRETID": "x",
    "TENCENTCLOUD_SECRETKEY": "x",
    "TENCENTCLOUD_SESSIONTOKEN": "x",
}
_JOB = "<JobId>a</JobId><Tag>SoundHound</Tag><State>Success</State><Input><Object>a</Object></Input>"
_BODIES = (
    f"<Response><EventName>TaskFinish</EventName><JobsDetail>{_JOB}</JobsDetail></Response>",
    '{"EventName": "TaskFinish", "JobsDetail": {"JobId": "a", "EndTime": "2025-03-01T09:00:09+0800"}}',
)


class _Recorder:
    """`_sre` with a `compile` that records its arguments."""

    def __init__(self, given: list[tuple[Any, ...]]) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Any:
        return getattr(_sre, name)

    def compile(self, *arguments: Any) -> Any:
        self._given.append(arguments)
        return _sre.compile(*arguments)


def record() -> list[tuple[str, Any, int, tuple[Any, ...]]]:
    """Return the patterns that `re` compiles while the function starts and handles an event of each format."""
    recorded: list[tuple[str, Any, int, tuple[Any, ...]]] = []
    given: list[tuple[Any, ...]] = []
    original = sre_compile.compile

    def compile_pattern(pattern: Any, flags: int = 0) -> Any:
        compiled = original(pattern, flags)
        text, all_flags, code, *groups = given[-1]
        # the codes are integers of a class of their own, which bytecode cannot hold
        plain = (text, int(all_flags), [int(each) for each in code], *groups)
        recorded.append((type(pattern).__name__, pattern, int(flags), plain))
        return compiled

    setattr(sre_compile, "_sre", _Recorder(given))  # noqa: B010  # unknown to mypy
    setattr(sre_compile, "compile", compile_pattern)  # noqa: B010  # the same
    _run_the_function()
    return recorded


def _run_the_function() -> None:
    os.environ.update(_ENVIRONMENT)
    import index  # noqa: PLC0415  # after the recorder is set

    for body in _BODIES:
        event = {"httpMethod": "POST", "path": f"/{_ENVIRONMENT['CALLBACK_TOKENS']}", "headers": {}, "body": body}
        index.main_handler(event, {"time_limit_in_ms": 1000})


def main(target: str) -> None:
    """Write the file."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  # the function's log
    recorded = record()

    import py_compile  # noqa: PLC0415  # after the recording
    import tempfile  # noqa: PLC0415  # the same
    from pathlib import Path  # noqa: PLC0415  # the same

    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "compiled_patterns.py"
        source.write_text(f"MAGIC = {_sre.MAGIC}\nPATTERNS = {tuple(recorded)!r}\n", encoding="utf-8")
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(source), target, "compiled_patterns.py", doraise=True, invalidation_mode=unchecked)


if __name__ == "__main__":
    main(sys.argv[1])
