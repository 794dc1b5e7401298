"""Stands in for Tencent Cloud's command `tccli`, as far as the pages use it: takes what the API takes and no more.

A request comes as `--Name value` for each parameter, or whole from a file.
tests/support/schemas/cls.schema.json has the tables of parameters.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema

_SCHEMA = json.loads((Path(__file__).parent / "schemas" / "cls.schema.json").read_text(encoding="utf-8"))


def main() -> int:
    """Return 0 where the API would take what the tool sends; raise, or exit with 2, where it would not."""
    parser = argparse.ArgumentParser(prog="tccli")
    services = parser.add_subparsers(required=True)
    setting = services.add_parser("configure").add_subparsers(required=True).add_parser("set")
    setting.add_argument("name", choices=["region"])
    setting.add_argument("value")
    service = services.add_parser("cls")
    service.add_argument("action")
    service.add_argument("--cli-input-json", type=lambda url: Path(url.removeprefix("file://")), default=None)
    asked, parameters = parser.parse_known_args()
    if "action" in asked:
        request = _request(asked.cli_input_json, parameters)
        jsonschema.validate(request, {"$ref": f"#/$defs/{asked.action}", "$defs": _SCHEMA["$defs"]})
    return 0


def _request(path: Path | None, parameters: list[str]) -> dict[str, Any]:
    if path is not None:
        request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return request
    pairs = zip(parameters[::2], parameters[1::2], strict=True)
    return {name.removeprefix("--"): int(value) if value.isdecimal() else value for name, value in pairs}


if __name__ == "__main__":
    sys.exit(main())
