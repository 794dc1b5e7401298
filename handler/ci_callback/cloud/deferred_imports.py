"""What a cold start can do without.

`placeholders`: the COS SDK without what it imports and this function does not touch, a quarter of its import. While the
SDK is imported, a placeholder stands for each of these modules; whoever calls something in one after all gets the real
module, imported then.

`use_compiled_patterns`: regular expressions that `make layer` has compiled, a sixth of a cold start. Without the file,
or with one of another Python, they are compiled as ever.

docs/performance.md has the figures; tests/handler/cloud/test_deferred_imports.py holds that nothing is lost.
"""

from __future__ import annotations

import _sre
import re
import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LATER = (
    "charset_normalizer",  # requests: guesses the encoding of an answer that does not name it
    "importlib.metadata",  # urllib3: the version of h2, for HTTP/2
    "uuid",  # the SDK: names of temporary files for downloads; it would start with asking what the platform is
    "xml.dom.minidom",  # the SDK: reads COS's error answers, which a put-if-absent has on conflict only
    "xmltodict",  # the SDK: writes the XML of CI's submit calls
)


class _Later(ModuleType):
    """Stands for a module that is imported when something in it is called."""

    # requests looks which release it has; it takes 2 and 3
    __version__ = "3.0.0"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*args, **kwargs)

        return call


@contextmanager
def placeholders() -> Iterator[None]:
    """Let placeholders stand for the modules that are not imported yet, while the block runs."""
    standing = {name: _Later(name) for name in _LATER if name not in sys.modules}
    sys.modules.update(standing)
    for name, placeholder in standing.items():
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(import_module(parent), child, placeholder)
    try:
        yield
    finally:
        for name, placeholder in standing.items():
            if sys.modules.get(name) is placeholder:
                del sys.modules[name]


def use_compiled_patterns() -> None:
    """Put what `make layer` has compiled where `re` looks first."""
    try:
        from compiled_patterns import MAGIC, PATTERNS  # noqa: PLC0415 - there may be none
    except ImportError:  # another Python's bytecode, or none
        return
    if MAGIC != _sre.MAGIC:
        return
    kinds = {"str": str, "bytes": bytes}
    kept = getattr(re, "_cache", {})
    for kind, pattern, flags, compiled in PATTERNS:
        kept[kinds[kind], pattern, flags] = _sre.compile(*compiled)
