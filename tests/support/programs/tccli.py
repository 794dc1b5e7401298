"""A substitute for Tencent Cloud's command `tccli` of the pages, with the parameters of the API.

A request is `--Name value` for each parameter, or a file with all of them. tests/support/schemas/cls.schema.json has
the tables of CLS; the requests of SCF are those of its SDK. Events of `InvokeFunction` are appended to the file that
SCF_CALLS names.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

_SCHEMA = json.loads((Path(__file__).parent.parent / "schemas" / "cls.schema.json").read_text(encoding="utf-8"))


def main() -> int:
    """Return 0 if the API would accept the request; raise or exit with 2 otherwise."""
    parser = argparse.ArgumentParser(prog="tccli")
    services = parser.add_subparsers(required=True)
    setting = services.add_parser("configure").add_subparsers(required=True).add_parser("set")
    setting.add_argument("name", choices=["region"])
    setting.add_argument("value")
    for name, check in (("cls", _check_cls), ("scf", _check_scf)):
        service = services.add_parser(name)
        service.set_defaults(check=check)
        service.add_argument("action")
        service.add_argument("--cli-input-json", type=lambda url: Path(url.removeprefix("file://")), default=None)
        service.add_argument("--filter")
        service.add_argument("--waiter", type=json.loads)
    options, parameters = parser.parse_known_args()
    if "action" in options:
        request = _request(options.cli_input_json, parameters)
        options.check(options.action, request)
        if options.filter == "LayerVersion":
            print(1)  # noqa: T201 - the answer
    return 0


def _check_cls(action: str, request: dict[str, Any]) -> None:
    import jsonschema_rs  # noqa: PLC0415 - only where it is needed, as the other: a page may call this ten times

    jsonschema_rs.validate({"$ref": f"#/$defs/{action}", "$defs": _SCHEMA["$defs"]}, request)


def _check_scf(action: str, request: dict[str, Any]) -> None:
    from tencentcloud.scf.v20180416 import models  # noqa: PLC0415 - as above

    warnings.simplefilter("error")  # the SDK warns of unknown parameters
    getattr(models, f"{action}Request")().from_json_string(json.dumps(request))
    if action == "InvokeFunction":
        with Path(os.environ["SCF_CALLS"]).open("a", encoding="utf-8") as calls:
            calls.write(json.dumps({"command": "invoke", "event": json.loads(request["Event"])}) + "\n")


def _request(path: Path | None, parameters: list[str]) -> dict[str, Any]:
    if path is not None:
        request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return request
    pairs = zip(parameters[::2], parameters[1::2], strict=True)
    return {name.removeprefix("--"): int(value) if value.isdecimal() else value for name, value in pairs}


if __name__ == "__main__":
    sys.exit(main())
