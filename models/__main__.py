"""`python -m models`: regenerate shapes, schemas, docs and events from the models and the function's settings."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from models.catalog import catalog
from models.errors import ModelError
from models.generate import files, shapes, tags
from terminal.exit_codes import exit_code
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Report:
    """The files written or deleted, and the number of all generated files."""

    changed: list[str]
    files: int

    def text(self) -> str:
        """Format for people."""
        if not self.changed:
            return "Everything is up to date."
        return "\n".join([*self.changed, f"{len(self.changed)} of {self.files} files changed."])


def main(arguments: Sequence[str] | None = None) -> int:
    """Regenerate, and print the files that changed; exit with 2 if a model is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m models", description="regenerate files from the models and the settings"
    )
    parser.add_argument("--json", action="store_true", help="print the changed files as JSON")
    options = parser.parse_args(arguments)
    try:
        with StageProgress() as progress:
            report = generate(progress.show)
    except ModelError as error:
        parser.exit(2, f"error: {error}\n")
    print(json.dumps(asdict(report), indent=2) if options.json else report.text())
    return 0


def generate(show: Callable[..., None] = lambda *_: None) -> Report:
    """Write all files that are not up to date; `show` receives each stage, its steps done and their total."""
    entries = catalog()
    show("shapes")
    tables = {**shapes.write(entries), **tags.write(entries)}
    changed = files.update(tables)
    from models.generate import (  # noqa: PLC0415 - they import the function, and thereby the shapes
        configuration,
        events,
        function_schemas,
        pages,
        schemas,
        typescript,
    )

    show("schemas, pages, events")
    callbacks = events.write(entries)
    texts = {**schemas.write(entries), **typescript.write(entries), **function_schemas.write()}
    texts |= {**pages.write(entries), **configuration.write(), **callbacks}
    texts |= events.outcomes(callbacks, lambda done, total: show("outcomes of events", done, total))
    changed += files.update(texts)
    return Report(changed, len(tables) + len(texts))


if __name__ == "__main__":
    sys.exit(exit_code(main))
