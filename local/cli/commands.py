"""The smaller commands: `invoke` delivers an event, `event` makes one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli.output import bucket_of, output_of, told
from local.cloud import BUCKET, REGION, LocalCloud
from local.events import generated
from local.events.recorded import read_event
from local.json_text import to_json
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local.cli.output import Bucket
    from local.cli.screen import Screen
    from local.scf.server import Invocation
    from models.wire import Format


def invoke(event_file: Path, *, code_root: Path, handler: str, as_json: bool = False) -> int:
    """Deliver one recorded event straight to the function; return 1 when the function failed."""
    event = read_event(event_file)
    with LocalCloud(triggers={}, code_root=code_root, handler=handler) as cloud:
        invocation = cloud.scf.invoke(event)
        output_of(as_json=as_json).whole(_Invoked(event_file, invocation, bucket_of(cloud.cos, BUCKET)))
    return 0 if invocation.error is None else 1


def event(  # noqa: PLR0913  # the options of the command line
    *,
    tag: str,
    state: str,
    format: Format,  # noqa: A002  # as the option is called
    trigger: generated.TriggerKind,
    mutate: Sequence[str],
    array: bool,
    wrapped: bool,
    **more: Any,
) -> int:
    """Print the event with the callback that was ordered."""
    order = Order(generated.entry_of(tag), state, bucket=BUCKET, region=REGION, **more)
    made = generated.make(order, format, trigger, mutate=mutate, array=array, wrapped=wrapped)
    print(to_json(made, indent=2))
    return 0


@dataclass(frozen=True)
class _Invoked:
    """What came of an event, and what was in the bucket then."""

    event_file: Path
    invocation: Invocation
    bucket: Bucket

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.line(f"Event {self.event_file}", "bold")
        _show_result(screen, self.invocation.result)
        screen.invocation(self.invocation)
        self.bucket.show(screen)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        ok = self.invocation.error is None
        return {"ok": ok, "event": str(self.event_file), **told(self.invocation), **self.bucket.as_dict()}


def _show_result(screen: Screen, result: Any) -> None:
    if isinstance(result, dict) and isinstance(result.get("statusCode"), int):
        screen.status(result["statusCode"])
        body = result.get("body", "")
        screen.body(body if isinstance(body, str) else json.dumps(body))
    elif result is not None:
        screen.field("reply", "")
        screen.json(result)
