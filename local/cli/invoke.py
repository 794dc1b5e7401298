"""The command `invoke`: deliver one event to the function."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli import screen
from local.cli.output import Output, bucket_of, invocation_json
from local.cloud import LocalCloud
from local.defaults import BUCKET
from local.events.recorded import read_event

if TYPE_CHECKING:
    from pathlib import Path

    from local.cli.output import Bucket
    from local.scf.server import Invocation


def invoke(event_file: Path, *, code_root: Path, handler: str, as_json: bool = False) -> int:
    """Deliver a recorded event; return 1 if the function failed."""
    event = read_event(event_file)
    with LocalCloud(triggers={}, code_root=code_root, handler=handler) as cloud:
        invocation = cloud.scf.invoke(event)
        Output(as_json=as_json).report(_Invoked(event_file, invocation, bucket_of(cloud.cos, BUCKET)))
    return 0 if invocation.error is None else 1


@dataclass(frozen=True)
class _Invoked:
    """An event, its invocation, and the bucket afterwards."""

    event_file: Path
    invocation: Invocation
    bucket: Bucket

    def show(self) -> None:
        """Print it as text."""
        screen.line(f"Event {self.event_file}", bold=True)
        _show_result(self.invocation.result)
        screen.invocation(self.invocation)
        self.bucket.show()

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        ok = self.invocation.error is None
        return {"ok": ok, "event": str(self.event_file), **invocation_json(self.invocation), **self.bucket.as_dict()}


def _show_result(result: Any) -> None:
    if isinstance(result, dict) and isinstance(result.get("statusCode"), int):
        screen.status(result["statusCode"])
        body = result.get("body", "")
        screen.body(body if isinstance(body, str) else json.dumps(body))
    elif result is not None:
        screen.field("reply", "")
        screen.json_value(result)
