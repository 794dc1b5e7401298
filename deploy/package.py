"""Write function.zip, layer.zip, the package of the results and their SHA256SUMS to dist/: `make package`.

The same commit gives the same bytes, so that anyone can build a release again and compare.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from typing import TYPE_CHECKING

from deploy import DIST, FUNCTION, LAYER, results
from layers import build, bytecode, runtime
from layers.archive import build_function_zip
from terminal.exit_codes import exit_code
from terminal.progress import StageProgress

if TYPE_CHECKING:
    from pathlib import Path

SUMS = "SHA256SUMS"


def main() -> int:
    """Write the packages and print their sums; return 2 if the layer cannot be built."""
    try:
        with StageProgress() as progress:
            missing = runtime.provide_python(progress.show)
            build.ensure(progress.show)
            progress.show("zipping the function")
            python = runtime.find_python()
            sums = write(DIST, python)
    except bytecode.BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(sums, end="")
    if python is None:
        print(runtime.no_bytecode(missing), file=sys.stderr)
    return 0


def write(folder: Path, python: str | None) -> str:
    """Write all packages and their checksums to a folder; return the text of SHA256SUMS."""
    folder.mkdir(exist_ok=True)
    build_function_zip(folder / FUNCTION, python=python, layer=build.FOLDER)
    shutil.copyfile(build.ARCHIVE, folder / LAYER)
    names = (FUNCTION, LAYER, *results.write(folder))
    sums = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / SUMS).write_text(sums, encoding="utf-8")
    return sums


if __name__ == "__main__":
    sys.exit(exit_code(main))
