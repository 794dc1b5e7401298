"""Addresses of host names, within a time limit.

A lookup is the one wait of a request that nothing can cut off, so it has a thread: one for each name, and few in all. A
connection that is used again needs no lookup.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from .deadline import Patience

    # Family, type, protocol, canonical name and address, as getaddrinfo returns them.
    Address: TypeAlias = tuple[Any, Any, int, str, tuple[Any, ...]]

MOST_LOOKUPS = 4  # at once; one that never ends keeps its thread


class _Lookup(threading.Thread):
    """One lookup in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name="ci-callback-lookup", daemon=True)
        self.target = (host, port)
        self.found: Sequence[Address] = ()
        self.error: Exception | None = None

    def run(self) -> None:
        """Look the name up."""
        try:
            self.found = socket.getaddrinfo(*self.target, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self.error = error


_lookups: list[_Lookup] = []
_lock = threading.Lock()


def look_up(host: str, port: int, patience: Patience) -> Sequence[Address]:
    """Return the addresses of a host, IPv4 first, since SCF has no IPv6; raise OSError, UnicodeError."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        lookup = _begin(host, port)
    lookup.join(patience.wait())
    if lookup.is_alive():
        raise TimeoutError
    if lookup.error is not None:
        raise lookup.error
    return sorted(lookup.found, key=lambda address: address[0] != socket.AF_INET)


def _begin(host: str, port: int) -> _Lookup:
    """Return the lookup of a host: the one under way, else a new one; raise TimeoutError where there are too many."""
    with _lock:
        _lookups[:] = [each for each in _lookups if each.is_alive()]
        for each in _lookups:
            if each.target == (host, port):
                return each
        if len(_lookups) == MOST_LOOKUPS:
            raise TimeoutError
        lookup = _Lookup(host, port)
        try:
            lookup.start()
        except RuntimeError:  # the platform allows no more threads
            raise TimeoutError from None
        _lookups.append(lookup)
    return lookup
