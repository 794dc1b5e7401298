"""The command `event`: print a generated event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.defaults import BUCKET, REGION
from local.events import generated
from local.json_text import to_json
from models.wire import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.wire import Format


def event(  # noqa: PLR0913  # the options of the command line
    *,
    tag: str,
    state: str,
    format: Format,  # noqa: A002  # the option's name
    trigger: generated.TriggerKind,
    mutate: Sequence[str],
    array: bool,
    wrapped: bool,
    **more: Any,
) -> int:
    """Print the event of the options."""
    order = Order(generated.entry_of(tag), state, bucket=BUCKET, region=REGION, **more)
    made = generated.make(order, format, trigger, mutate=mutate, array=array, wrapped=wrapped)
    print(to_json(made, indent=2))
    return 0
