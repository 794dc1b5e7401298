"""`python -m local`: the cloud on your machine."""

from __future__ import annotations

import sys

from local.cloud import BadDeploymentError
from local.http_server import PortTakenError
from local.made_event import BadOrderError
from local.options import parser
from local.recorded_event import BadEventFileError
from local.scf import RefusedEnvironmentError
from local.screen import Screen


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 done, 1 the function failed, 2 it could not be started, 130 interrupted."""
    options = vars(parser().parse_args(arguments))
    command = options.pop("command")
    errors = Screen(error=True)
    if "code_root" in options:
        entry = options["code_root"] / (options["handler"].partition(".")[0] + ".py")
        if not entry.exists():
            errors.line(f"error: no function there: {entry}")
            return 2
    try:
        return int(command(**options))
    except PortTakenError as taken:
        errors.line(f"error: {taken}")
        errors.line("Stop that program, or choose another port with --port, --cos-port and --page-port (0 finds one).")
    except (BadEventFileError, BadOrderError, BadDeploymentError, RefusedEnvironmentError) as bad:
        errors.line(f"error: {bad}")
    except KeyboardInterrupt:
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
