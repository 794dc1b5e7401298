"""`python -m local`: the cloud on your machine."""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from local import commands
from local.ci_weather import CiWeather
from local.cloud import PROJECT, BadDeploymentError
from local.http_server import PortTakenError
from local.recorded_event import BadEventFileError
from local.scf import RefusedEnvironmentError
from local.screen import Screen
from local.soak import WEATHER
from local.soak_command import soak as soak_command
from local.weather import BadWeatherError, Weather

if TYPE_CHECKING:
    from collections.abc import Callable

_Parsed = TypeVar("_Parsed")

_EXAMPLES = """examples:
  python -m local run                                   show the main job, from callback to result object
  python -m local serve                                 keep it up, POST callbacks with curl
  python -m local serve --front apigw --port 8080       the same behind an API Gateway
  python -m local serve --weather rough                 see how it copes when one request in three fails
  python -m local invoke events/apigw-xml-success.json  one recorded event, straight to the function
  python -m local soak --jobs 500                       thousands of callbacks where little works, then one sweep
  python -m local soak --jobs 500 --ci rough,never=0.5 --weather rough --no-sweep
                                                        what is lost where nobody sweeps
"""


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0 done, 1 the function failed, 2 it could not be started, 130 interrupted."""
    options = vars(_parser().parse_args(arguments))
    command = options.pop("command")
    errors = Screen(error=True)
    entry = options["code_root"] / (options["handler"].partition(".")[0] + ".py")
    if not entry.exists():
        errors.line(f"error: no function there: {entry}")
        return 2
    try:
        return int(command(**options))
    except PortTakenError as taken:
        errors.line(f"error: {taken}")
        errors.line("Stop that program, or choose another port with --port and --cos-port (0 finds a free one).")
    except (BadEventFileError, BadDeploymentError, RefusedEnvironmentError) as bad:
        errors.line(f"error: {bad}")
    except KeyboardInterrupt:
        return 130
    return 2


def _parser() -> argparse.ArgumentParser:
    formatter = functools.partial(argparse.RawDescriptionHelpFormatter, max_help_position=32)
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="The cloud on your machine: COS, the function and its front doors.",
        epilog=_EXAMPLES,
        formatter_class=formatter,
    )
    function = argparse.ArgumentParser(add_help=False)
    function.add_argument(
        "--code-root", type=Path, default=PROJECT / "handler", help="folder that is the zip's root (handler)"
    )
    function.add_argument("--handler", default="index.main_handler", help="file.function (index.main_handler)")

    subparsers = parser.add_subparsers(required=True, metavar="run|serve|invoke|soak")
    run = subparsers.add_parser(
        "run", parents=[function], help="deliver the recorded callback through both front doors and show the result"
    )
    run.add_argument("--events", type=Path, default=PROJECT / "events", help="folder of recorded events (events)")
    run.set_defaults(command=commands.run)

    serve = subparsers.add_parser("serve", parents=[function], help="keep the cloud up and say where to POST")
    serve.add_argument(
        "--front",
        choices=["function-url", "apigw"],
        default="function-url",
        help="what the function gets: function-URL events (the default) or API Gateway events",
    )
    serve.add_argument("--port", type=int, default=9001, help="of the function's address (9001)")
    serve.add_argument("--cos-port", type=int, default=9000, help="of COS (9000)")
    serve.add_argument(
        "--weather",
        type=functools.partial(_parsed, Weather.parse),
        metavar="WEATHER",
        help="faults between the function and COS: rough, or like error=0.2,lost=0.05,latency=0.1 (fair)",
    )
    serve.set_defaults(command=commands.serve)

    invoke = subparsers.add_parser(
        "invoke", parents=[function], help="deliver one recorded event straight to the function"
    )
    invoke.add_argument(
        "event_file", type=Path, metavar="EVENT_FILE", help="an SCF event as JSON, such as events/*.json"
    )
    invoke.set_defaults(command=commands.invoke)

    _add_soak(subparsers.add_parser("soak", parents=[function], help="send callbacks where little works, and judge"))
    return parser


def _add_soak(soak: argparse.ArgumentParser) -> None:
    soak.add_argument("--jobs", type=_count, default=10_000, help="result objects that there must be (10,000)")
    soak.add_argument("--seed", type=int, default=1, help="of the jobs and of what happens to them (1)")
    soak.add_argument("--instances", type=_count, default=8, help="of the function, each with one event at a time (8)")
    soak.add_argument(
        "--weather",
        type=functools.partial(_parsed, Weather.parse),
        default=WEATHER,
        metavar="WEATHER",
        help="faults between the function and COS, as `serve` takes them; by default one request in five fails",
    )
    soak.add_argument(
        "--ci",
        type=functools.partial(_parsed, CiWeather.parse),
        default=CiWeather.parse("rough"),
        metavar="WEATHER",
        help="how callbacks come: rough (the default), fair, or like never=0.1,twice=0.1,late=0.05,no-token=0.1",
    )
    soak.add_argument(
        "--no-sweep", dest="sweep", action="store_false", help="leave the sweep out, and see what is lost"
    )
    soak.add_argument("--json", dest="as_json", action="store_true", help="print JSON instead of a summary")
    soak.set_defaults(command=soak_command)


def _parsed(parse: Callable[[str], _Parsed], text: str) -> _Parsed:
    try:
        return parse(text)
    except BadWeatherError as bad:
        raise argparse.ArgumentTypeError(str(bad)) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
