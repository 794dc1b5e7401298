"""Packages and requests for a deployment without the Serverless Framework."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"  # git ignores it
FUNCTION, LAYER = "function.zip", "layer.zip"
