"""A substitute for the command `scf` of the pages, with the options of serverless-cloud-framework 1.3.0.

It appends its options to the file that SCF_CALLS names, with the event of an `invoke`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import yaml


def main() -> int:
    """Return 0 if the tool would accept the options; argparse exits with 2 otherwise."""
    parser = argparse.ArgumentParser(prog="scf")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("deploy", "remove", "info"):
        command = commands.add_parser(name)
        command.add_argument("--target", default=".", type=_component)
        command.add_argument("--stage", default="prod")
    invoke = commands.add_parser("invoke")
    event = invoke.add_mutually_exclusive_group(required=True)
    event.add_argument("--path", dest="event", type=lambda path: json.loads(Path(path).read_text(encoding="utf-8")))
    event.add_argument("--data", dest="event", type=json.loads)
    options = vars(parser.parse_args())
    with Path(os.environ["SCF_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(options) + "\n")
    return 0


def _component(folder: str) -> str:
    content = yaml.safe_load((Path(folder) / "serverless.yml").read_text(encoding="utf-8"))
    if not {"component", "name"} <= content.keys():
        raise argparse.ArgumentTypeError(f"{folder} has no component")
    return folder


if __name__ == "__main__":
    sys.exit(main())
