"""Several instances of one function: one event at a time each, more instances when all are busy."""

from __future__ import annotations

from dataclasses import replace
from queue import LifoQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

    from local.scf.server import Invocation, LocalScf


class ScfPool:
    """At most `size` instances of the function that `scf` describes, `scf` itself being the first of them."""

    def __init__(self, scf: LocalScf, size: int) -> None:
        self.instances = [scf, *(replace(scf) for _ in range(size - 1))]
        # The last one released is used first: it is warm, and the others start only when needed.
        self._idle: LifoQueue[LocalScf] = LifoQueue()
        for each in reversed(self.instances):
            self._idle.put(each)

    def __enter__(self) -> Self:
        """Start nothing before the first event."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def invoke(self, event: Any) -> Invocation:
        """Deliver one event to a free instance, waiting for one, and return the invocation."""
        scf = self._idle.get()
        try:
            return scf.invoke(event)
        finally:
            self._idle.put(scf)

    def stop(self) -> None:
        """End every instance, also in the middle of an event; later events start none."""
        for each in self.instances:
            each.stop()
