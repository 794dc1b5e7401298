"""The entry point that serverless.yml names: `index.main_handler`."""

from __future__ import annotations

import os
from typing import Any

from ci_callback.cloud.deferred_imports import use_compiled_patterns

use_compiled_patterns()  # before anything else compiles any

from ci_callback.function import Function  # noqa: E402 - for the same reason

_function = Function(os.environ)


def main_handler(event: Any, context: Any) -> dict[str, Any]:
    """Return the reply to one SCF event; see docs/operation.md for its form.

    Raises only ci_callback.errors.Redeliver, and only where a queue must send its records again.
    """
    return _function.handle(event, context)
