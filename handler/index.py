"""The entry point that serverless.yml names: `index.main_handler`."""

from __future__ import annotations

import os
from typing import Any

# pydantic would look through every installed distribution for plugins; there are none. Before its first import.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from ci_callback.function import Function

_function = Function(os.environ)


def main_handler(event: Any, context: Any) -> dict[str, Any]:
    """Return the reply to one SCF event; see docs/operation.md for its form.

    Raises only ci_callback.errors.Redeliver, and only where a queue must send its records again.
    """
    return _function.handle(event, context)
