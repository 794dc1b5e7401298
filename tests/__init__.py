"""The tests, laid out like the source they test."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
