"""A substitute for Tencent Cloud's command `tccli` of the pages, with the parameters of the API.

A request is `--Name value` for each parameter, or a file with all of them; tests/support/schemas/cls.schema.json has
their tables.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs

_SCHEMA = json.loads((Path(__file__).parent.parent / "schemas" / "cls.schema.json").read_text(encoding="utf-8"))


def main() -> int:
    """Return 0 if the API would accept the request; raise or exit with 2 otherwise."""
    parser = argparse.ArgumentParser(prog="tccli")
    services = parser.add_subparsers(required=True)
    setting = services.add_parser("configure").add_subparsers(required=True).add_parser("set")
    setting.add_argument("name", choices=["region"])
    setting.add_argument("value")
    service = services.add_parser("cls")
    service.add_argument("action")
    service.add_argument("--cli-input-json", type=lambda url: Path(url.removeprefix("file://")), default=None)
    options, parameters = parser.parse_known_args()
    if "action" in options:
        request = _request(options.cli_input_json, parameters)
        jsonschema_rs.validate({"$ref": f"#/$defs/{options.action}", "$defs": _SCHEMA["$defs"]}, request)
    return 0


def _request(path: Path | None, parameters: list[str]) -> dict[str, Any]:
    if path is not None:
        request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return request
    pairs = zip(parameters[::2], parameters[1::2], strict=True)
    return {name.removeprefix("--"): int(value) if value.isdecimal() else value for name, value in pairs}


if __name__ == "__main__":
    sys.exit(main())
