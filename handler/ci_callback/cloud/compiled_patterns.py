"""Regular expressions that `make layer` compiles for a cold start, where compiling them takes a seventh of the time.

layers/record_patterns.py writes the file: bytecode in the root of the function. Without it, or with that of another
Python, `re` compiles them as usual. docs/performance.md has the figures.
"""

from __future__ import annotations

import _sre
import re


def install() -> None:
    """Put the compiled patterns into the cache of `re`."""
    try:
        from compiled_patterns import MAGIC, PATTERNS  # noqa: PLC0415 - there may be no such file
    except ImportError:  # another Python's bytecode, or no file
        return
    if MAGIC != _sre.MAGIC:
        return
    kinds = {"str": str, "bytes": bytes}
    cache = getattr(re, "_cache", {})
    for kind, pattern, flags, compiled in PATTERNS:
        cache[kinds[kind], pattern, flags] = _sre.compile(*compiled)
