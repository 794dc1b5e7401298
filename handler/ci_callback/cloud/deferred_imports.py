"""Imports of the COS SDK that a cold start defers: modules it imports and this function does not use.

A placeholder replaces each of them while the SDK is imported, which saves a quarter of its import. A call of anything
in a placeholder imports the real module. docs/performance.md has the figures.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_DEFERRED = (
    "calendar",  # http.cookiejar, email: expiry times of cookies; with locale
    "charset_normalizer",  # requests: guesses the encoding of an answer that does not name it
    "importlib.metadata",  # urllib3: the version of h2, for HTTP/2
    "random",  # urllib3: the jitter of a pause before a retry
    "uuid",  # the SDK: names of temporary files for downloads; its import examines the platform
    "xml.dom.minidom",  # the SDK: reads COS's error answers, which a put-if-absent has on conflict only
    "xmltodict",  # the SDK: writes the XML of submit calls to CI
    "zipfile",  # requests: certificates inside of a zip
)


class _Placeholder(ModuleType):
    """A module that is imported when anything in it is called."""

    # requests checks the release of charset_normalizer; it takes 2 and 3
    __version__ = "3.0.0"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*args, **kwargs)

        return call


@contextmanager
def placeholders() -> Iterator[None]:
    """Replace the modules that are not imported yet by placeholders, while the block runs."""
    placed = {name: _Placeholder(name) for name in _DEFERRED if name not in sys.modules}
    sys.modules.update(placed)
    for name, placeholder in placed.items():
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(import_module(parent), child, placeholder)
    try:
        yield
    finally:
        for name, placeholder in placed.items():
            if sys.modules.get(name) is placeholder:
                del sys.modules[name]
