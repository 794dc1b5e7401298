"""A substitute for the command `terraform` of the pages, which need its providers and an account.

Tests of deploy/terraform run the real one, as far as it needs neither.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path


def main() -> int:
    """Return 0 if Terraform would accept the options; argparse exits with 2 otherwise."""
    parser = argparse.ArgumentParser(prog="terraform")
    parser.add_argument("-chdir", type=Path, required=True)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("init", "apply", "destroy"):
        commands.add_parser(name)
    commands.add_parser("output").add_argument("-raw", dest="output", required=True)
    options = parser.parse_args()
    names = re.findall(r'^output "(\w+)"', (options.chdir / "outputs.tf").read_text(encoding="utf-8"), re.MULTILINE)
    if options.command == "output":
        if options.output not in names:
            parser.error(f"{options.output} is not among the outputs {names}")
        token = f"/{os.environ['TOKEN']}" if options.output == "callback_url" else ""
        print(os.environ["FUNCTION_URL"] + token, end="")  # noqa: T201 - what this program is for
    return 0


if __name__ == "__main__":
    sys.exit(main())
