"""Names that do not resolve: few threads wait for them, and no request does."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.cloud import names
from ci_callback.cloud.deadline import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESSES = [(socket.AF_INET6, 1, 6, "", ("2001:db8::1", 443)), (socket.AF_INET, 1, 6, "", ("192.0.2.1", 443))]


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let no name resolve until the event is set."""
    event = threading.Event()

    def getaddrinfo(*_: Any, flags: int = 0, **__: Any) -> Any:
        if flags == socket.AI_NUMERICHOST:
            raise socket.gaierror
        event.wait()
        return ADDRESSES

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield event
    event.set()


def soon(seconds: float = 0.05) -> Patience:
    """Return the limits of a short attempt."""
    return Patience(time.monotonic() + seconds, seconds)


def lookups() -> list[threading.Thread]:
    """Return the threads that wait for a name."""
    return [thread for thread in threading.enumerate() if thread.name == "ci-callback-lookup"]


def test_name_that_does_not_resolve_ends_in_time(resolved: threading.Event) -> None:
    """Each name has one thread however often it is looked up, and there are never more than a few."""
    for host in ("a.example.com", "a.example.com", *(f"{at}.example.com" for at in range(2 * names.MOST_LOOKUPS))):
        with pytest.raises(TimeoutError):
            names.look_up(host, 443, soon())
    waiting = lookups()
    assert len(waiting) == names.MOST_LOOKUPS
    resolved.set()
    for thread in waiting:
        thread.join()
    assert names.look_up("b.example.com", 443, soon(5)) == ADDRESSES[::-1]


@pytest.mark.usefixtures("resolved")
def test_name_is_not_looked_up_where_no_thread_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is tried again, as after any wait that was too long."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(TimeoutError):
        names.look_up("a.example.com", 443, soon())
    assert lookups() == []


def test_address_needs_no_thread() -> None:
    """Nor does the common way, which uses a connection again."""
    assert names.look_up("127.0.0.1", 80, soon())[0][4] == ("127.0.0.1", 80)
    assert lookups() == []
