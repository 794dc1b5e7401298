"""The files generated from the models in ci_callback_results/, and from the function's settings. Nothing here ships.

introspect.py   reads models back
catalog.py      finds the Tags
wire.py         makes callback bodies
generate/       writes handler/ci_callback/shapes, schemas/, docs/results, events/tags and docs/configuration.md
"""

import os
import sys
from pathlib import Path

# pydantic would search all installed packages for plugins.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

PROJECT = Path(__file__).resolve().parent.parent

# On SCF the content of handler/ is the code root.
_HANDLER = str(PROJECT / "handler")
if _HANDLER not in sys.path:
    sys.path.append(_HANDLER)
