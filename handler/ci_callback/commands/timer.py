"""The timer's command: heal, then sweep from the checkpoint on. docs/operation.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.actions import notice

from . import heal
from .limits import LIMITS
from .sweep import run as sweep

if TYPE_CHECKING:
    from ci_callback.pipeline import Pipeline

    from .limits import Limits

# Two hours: a timer starts every hour.
_MOST_BEHIND_S = 7200


def run(pipeline: Pipeline, options: object, limits: Limits = LIMITS) -> dict[str, Any]:
    """Heal and sweep, and return both reports in one. Raises what a sweep raises."""
    is_dry = sweep.parse(options, pipeline.settings).dry_run
    healed = {} if is_dry else heal.run(pipeline, limits)
    swept = sweep.run(pipeline, options, limits)
    if pipeline.settings.ON_DEAD_LETTER and swept["behind_s"] > _MOST_BEHIND_S:
        pipeline.notices.append(notice.of_sweep(pipeline.settings, pipeline.received, swept))
    return {**healed, **swept}
