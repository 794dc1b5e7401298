"""Output of the commands, as text or as JSON. A command creates values; how they are printed is decided here."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from local.cli import screen
from local.json_text import parsed, to_json

if TYPE_CHECKING:
    from local.cos.server import LocalCos
    from local.scf.server import Invocation


class Found(Protocol):
    """A value that a command prints."""

    def show(self) -> None:
        """Print it as text."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""


@dataclass(frozen=True)
class Output:
    """Prints text at once, and JSON as one document at the end, or as `lines` at once; thread-safe."""

    as_json: bool
    lines: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def part(self, found: Found) -> None:
        """Print a part, unless the document at the end contains it."""
        with self._lock:
            if not self.as_json:
                found.show()
            elif self.lines:
                print(to_json(found.as_dict()), flush=True)

    def report(self, found: Found) -> None:
        """Print the report at the end, in JSON the one document."""
        if self.as_json:
            print(to_json(found.as_dict(), indent=2))
        else:
            found.show()


def invocation_json(invocation: Invocation) -> dict[str, Any]:
    """Return an invocation for JSON; a log line that is JSON is parsed."""
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
    """The objects of a bucket, by key."""

    name: str
    objects: dict[str, bytes]

    def show(self) -> None:
        """Print the keys with their sizes."""
        screen.title(f"Bucket {self.name}")
        for key, body in self.objects.items():
            screen.field(f"{len(body)} bytes", key)

    def as_dict(self) -> dict[str, Any]:
        """Return the objects; `content` is null if it is not JSON."""
        return {
            "objects": [
                {"key": key, "bytes": len(body), "content": parsed(body, None)} for key, body in self.objects.items()
            ]
        }


def bucket_of(cos: LocalCos, name: str) -> Bucket:
    """Return the current objects of a bucket."""
    return Bucket(name, {key: cos.get(name, key).body for key in cos.keys(name)})
