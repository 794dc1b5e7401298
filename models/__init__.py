"""Pydantic models of Cloud Infinite callbacks, and the files generated from them. Nothing here ships.

fields.py       field types; introspect.py reads models back
job.py          fields common to all results; tags/ has a class per Tag
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
