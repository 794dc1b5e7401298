"""`python -m models`: write anew what is made from the models and from the function's settings."""

from __future__ import annotations

import sys

from models.catalog import catalog
from models.generate import events, project, shapes


def main() -> int:
    """Bring shapes, schemas, pages and events up to date and say what changed."""
    # the rest is made by the function's own code, which reads the shapes
    changed = project.update(shapes.write(catalog()))
    texts = project.made()
    changed += project.update(texts)
    tag_events = {path: text for path, text in texts.items() if path.startswith(events.FOLDER)}
    expected = events.write_expected(tag_events)
    changed += project.update({**texts, **expected})
    for path in changed:
        print(path)
    print(f"{len(changed)} of {len(texts) + len(expected)} files changed." if changed else "Everything is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
