"""What CI posts, described once: the typed form of every callback, in pydantic.

Nothing here ships. `make generate` writes from it what does, and what readers of results need:

    handler/ci_callback/shapes/   what is a list, a number, a time: one small module per Tag
    schemas/<Tag>.json            JSON Schema of the result object
    docs/results/<Tag>.md         the fields, their types and meaning, and an example
    docs/results.md               the list of Tags, and what every job has; in Chinese docs/results.zh-CN.md
    events/tags/                  a callback for each Tag, in XML and in JSON, and what it must lead to

`fields` is the vocabulary, `job` what all jobs share, and each further module a family of Tags. `catalog` finds the
Tags, `anatomy` reads the models, `body` makes callbacks of them, and `generate` writes the files above.
"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

# On SCF the content of handler/ is the code root; here it lies beside this package.
_HANDLER = str(PROJECT / "handler")
if _HANDLER not in sys.path:
    sys.path.append(_HANDLER)
