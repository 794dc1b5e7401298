"""Where the commands tell what they find out: to people on a screen, or to machines as JSON.

A command makes values and hands them over, each part as soon as it is there and the whole in the end. How they are
told is decided here, once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from local.cli.screen import Screen
from local.json_text import parsed, to_json

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from local.scf.server import Invocation


class Found(Protocol):
    """Something that a command has found out."""

    def show(self, screen: Screen) -> None:
        """Print it for people."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""


class Output(Protocol):
    """Where a command tells it; any thread may."""

    def part(self, found: Found) -> None:
        """Tell a part, at once."""

    def whole(self, found: Found) -> None:
        """Tell what it all came to."""


class ForPeople:
    """Words on standard output."""

    def __init__(self) -> None:
        self._screen = Screen()
        self._lock = threading.Lock()

    def part(self, found: Found) -> None:
        """Print it."""
        with self._lock:
            found.show(self._screen)

    def whole(self, found: Found) -> None:
        """Print it."""
        self.part(found)


class ForMachines:
    """One JSON document on standard output, in the end."""

    def part(self, found: Found) -> None:
        """Print nothing: it is in the whole."""

    def whole(self, found: Found) -> None:
        """Print it."""
        print(to_json(found.as_dict(), indent=2))


class Lines:
    """One line of JSON for everything, at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def part(self, found: Found) -> None:
        """Print its line."""
        with self._lock:
            print(to_json(found.as_dict()), flush=True)

    def whole(self, found: Found) -> None:
        """Print its line."""
        self.part(found)


def output_of(*, as_json: bool) -> Output:
    """Return where a command that comes to an end tells what it found."""
    return ForMachines() if as_json else ForPeople()


def told(invocation: Invocation) -> dict[str, Any]:
    """Return an invocation as JSON tells it; each line of the log that is JSON stands there as what it says."""
    return {
        "request_id": invocation.request_id,
        "result": invocation.result,
        "error": invocation.error,
        "log": [parsed(line, line) for line in invocation.log.splitlines()],
        "report": {
            "init_ms": invocation.init_ms,
            "duration_ms": invocation.duration_ms,
            "memory_mb": invocation.memory_mb,
            "max_memory_mb": round(invocation.max_memory_mb, 1),
        },
    }


@dataclass(frozen=True)
class Bucket:
    """What is in a bucket, by key."""

    name: str
    objects: dict[str, bytes]

    def show(self, screen: Screen) -> None:
        """Print the keys with their sizes."""
        screen.title(f"Bucket {self.name}")
        for key, body in self.objects.items():
            screen.field(f"{len(body)} bytes", key)

    def as_dict(self) -> dict[str, Any]:
        """Return the objects; `content` is null where it is no JSON."""
        return {
            "objects": [
                {"key": key, "bytes": len(body), "content": parsed(body, None)} for key, body in self.objects.items()
            ]
        }


def bucket_of(cos: LocalCos, name: str) -> Bucket:
    """Return what is in a bucket now."""
    return Bucket(name, {key: cos.get(name, key).body for key in cos.keys(name)})
