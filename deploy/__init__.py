"""Packages and requests for a deployment without the Serverless Framework."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"  # git ignores it
FUNCTION, LAYER = "function.zip", "layer.zip"

# Read, not imported: the function's folder is on no path here.
(VERSION,) = re.findall(r'^__version__ = "(.+)"$', (ROOT / "handler/ci_callback/__init__.py").read_text(), re.MULTILINE)
