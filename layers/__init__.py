"""The reproducible build of the layer and the function's zip."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
