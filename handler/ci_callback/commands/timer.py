"""The timer's command: heal, then sweep from the checkpoint on. docs/operation.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import heal
from .limits import LIMITS
from .sweep import run as sweep

if TYPE_CHECKING:
    from ci_callback.pipeline import Pipeline

    from .limits import Limits


def run(pipeline: Pipeline, options: object, limits: Limits = LIMITS) -> dict[str, Any]:
    """Heal and sweep, and return both reports in one. Raises what a sweep raises."""
    is_dry = sweep.parse(options, pipeline.settings).dry_run
    healed = {} if is_dry else heal.run(pipeline, limits)
    return {**healed, **sweep.run(pipeline, options, limits)}
