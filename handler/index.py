"""The entry point that serverless.yml names: `index.main_handler`."""

from __future__ import annotations

import os
from typing import Any

from ci_callback.cloud import compiled_patterns

compiled_patterns.install()  # before any other import compiles one

from ci_callback.function import Function  # noqa: E402 - compiles patterns

_function = Function(os.environ)


def main_handler(event: Any, context: Any) -> dict[str, Any]:
    """Return the reply to one SCF event; see docs/operation.md for its form.

    Raises only ci_callback.errors.Redeliver, and only where a queue must send its records again.
    """
    return _function.handle(event, context)
