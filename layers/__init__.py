"""What ships to SCF, built reproducibly."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
