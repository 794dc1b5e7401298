"""The tests, laid out like the source they test."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")  # its modules assert for the tests

ROOT = Path(__file__).resolve().parent.parent
