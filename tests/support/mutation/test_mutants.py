"""The mutants are up to date with the handler; `make test-long` runs their tests."""

from __future__ import annotations

from tests import ROOT
from tests.support.mutation.mutants import HANDLER, MUTANTS


def test_lines_of_each_mutant_are_in_the_handler() -> None:
    """Each edit changes its file, which it finds once."""
    for mutant in MUTANTS.values():
        for edit in mutant.edits:
            source = (HANDLER / edit.file).read_text(encoding="utf-8")
            assert edit.of(source) != source, mutant.name


def test_tests_of_each_mutant_exist() -> None:
    """Each file has a function of that name."""
    for mutant in MUTANTS.values():
        for test in mutant.caught_by:
            path, _, name = test.partition("::")
            assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8"), mutant.name
