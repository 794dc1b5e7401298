"""The command `event`: print a generated event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.defaults import BUCKET, REGION
from local.events import generated
from local.events.reviews import LIVE_STATE
from local.json_text import to_json
from models.wire import Order

if TYPE_CHECKING:
    from models.wire import Format

_ORDERED = ("object", "items", "seed", "workflow", "simple")


def event(
    *,
    tag: str,
    state: str | None,
    format: Format,  # noqa: A002  # the option's name
    trigger: generated.TriggerKind,
    live: bool,
    **more: Any,
) -> int:
    """Print the event of the options."""
    state = state or (LIVE_STATE if live else "Success")
    ordered = {name: more.pop(name) for name in _ORDERED}
    order = Order(generated.entry_of(tag), state, bucket=BUCKET, region=REGION, **ordered)
    print(to_json(generated.make(order, format, trigger, live=live, **more), indent=2))
    return 0
