"""`python -m models`: write anew what is made from the models and from the function's settings."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from models.catalog import catalog
from models.generate import events, project, shapes
from models.mistake import ModelMistake
from terminal.exit_codes import exit_code
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Tell = Callable[..., None]


@dataclass(frozen=True)
class Report:
    """Which of how many files were written or taken away."""

    changed: list[str]
    files: int

    def text(self) -> str:
        """Return it for people."""
        if not self.changed:
            return "Everything is up to date."
        return "\n".join([*self.changed, f"{len(self.changed)} of {self.files} files changed."])


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring shapes, schemas, pages and events up to date and say what changed; return 2 where a model is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m models", description="write anew what is made from the models and the settings"
    )
    parser.add_argument("--json", action="store_true", help="print which files changed as JSON, for machines")
    options = parser.parse_args(arguments)
    try:
        with StageProgress() as progress:
            report = generate(progress.show)
    except ModelMistake as mistake:
        parser.exit(2, f"error: {mistake}\n")
    print(json.dumps(asdict(report), indent=2) if options.json else report.text())
    return 0


def generate(tell: Tell = lambda *_: None) -> Report:
    """Write what is not up to date; `tell` is told each stage, how much of it is done and how much there is of it."""
    # the rest is made by the function's own code, which reads the shapes
    tell("shapes")
    changed = project.update(shapes.write(catalog()))
    tell("schemas, pages, events")
    texts = project.made()
    changed += project.update(texts)
    tag_events = {path: text for path, text in texts.items() if path.startswith(events.FOLDER)}
    expected = events.write_expected(tag_events, lambda done, total: tell("what each event leads to", done, total))
    changed += project.update({**texts, **expected})
    return Report(changed, len(texts) + len(expected))


if __name__ == "__main__":
    sys.exit(exit_code(main))
