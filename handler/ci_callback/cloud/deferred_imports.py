"""Imports of the COS SDK that a cold start defers: modules it imports and this function does not use.

A placeholder replaces each of them while the SDK is imported, which saves most of its import. A call of anything
in a placeholder imports the real module. docs/performance.md has the figures.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFERRED = (
    "calendar",  # email: the times of headers; imports locale
    "random",  # email: the ids of messages
    "requests",  # the SDK: its own session, which session.py replaces; imports urllib3
    "requests.adapters",
    "requests.auth",
    "requests.structures",
    "uuid",  # the SDK: names of temporary files for downloads; its import examines the platform
    "xml.dom.minidom",  # the SDK: reads COS's error answers, which a put-if-absent has on conflict only
    "xmltodict",  # the SDK: writes the XML of submit calls to CI
)


class _Placeholder(ModuleType):
    """A module that is imported when anything in it is called. A class of it may be a base, which is then empty."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)

        def new(cls: type, *args: Any, **kwargs: Any) -> Any:
            if cls is not deferred:
                return object.__new__(cls)
            return getattr(import_module(self.__name__), name)(*args, **kwargs)

        deferred = type(name, (), {"__new__": new})
        return deferred


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
