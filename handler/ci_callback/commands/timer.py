"""The timer's command: heal, then sweep from the checkpoint on. docs/operation.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.actions import notice
from ci_callback.cloud.deadline import Deadline

from .heal import Healing
from .limits import LIMITS
from .sweep import run as sweep

if TYPE_CHECKING:
    from ci_callback.pipeline import Pipeline

    from .limits import Limits

# Of the time that is left; the sweep has the rest.
_SHARE_OF_HEALING = 1 / 2
# Two hours: a timer starts every hour.
_MOST_BEHIND_S = 7200


def run(pipeline: Pipeline, options: object, limits: Limits = LIMITS) -> dict[str, Any]:
    """Heal and sweep, and return both reports in one. Raises what a sweep raises.

    Once all is swept, the rest of the time is used to go on healing.
    """
    parsed = sweep.parse(options, pipeline.settings)
    if parsed.dry_run:
        return sweep.run(pipeline, options, limits)
    healing = Healing(pipeline, limits)
    deadline = pipeline.store.deadline
    healing.run(Deadline(deadline.at - deadline.left() * (1 - _SHARE_OF_HEALING)))
    swept = _sweep(pipeline, parsed, limits)
    if healing.is_cut_off and swept["next"] is None:
        healing.run(deadline)
    return {**healing.report(), **swept}


def _sweep(pipeline: Pipeline, options: sweep.Options, limits: Limits) -> dict[str, Any]:
    """Sweep, and prepare the notice of a sweep that is behind, also where CI answers about no Tag."""
    one = sweep.Sweep(pipeline, options, limits)
    try:
        one.begin()
    finally:
        swept = one.as_dict()
        if pipeline.settings.ON_DEAD_LETTER and swept["behind_s"] > _MOST_BEHIND_S:
            pipeline.notices.append(notice.of_sweep(pipeline.settings, pipeline.received, swept))
    return swept
