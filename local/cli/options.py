"""The command line of `python -m local`."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import TYPE_CHECKING

from local.cli import (
    commands,
    completion,
    option_types,
)
from local.cli import (
    run as run_command,
)
from local.cli import (
    serve as serve_command,
)
from local.cli import (
    soak as soak_command,
)
from local.cli.option_types import Parser
from local.cloud import PROJECT
from local.events import mutations
from local.events.generated import TRIGGERS
from local.faults.callbacks import CallbackFaults
from local.soak.soak import FAULTS
from models.wire import STATES

if TYPE_CHECKING:
    _Subparsers = argparse._SubParsersAction[Parser]  # noqa: SLF001  # argparse names its type so

_EXAMPLES = """examples:
  python -m local run                                   show the main job, from upload to result object
  python -m local serve                                 keep it up: a page in the browser, callbacks by curl
  python -m local serve --trigger apigw --port 8080     the same behind an API Gateway
  python -m local serve --faults flaky                 see how it copes when one request in three fails
  python -m local invoke events/apigw-xml-success.json  one recorded event, straight to the function
  python -m local event --tag Transcode > event.json    make an event for any Tag, State, format and trigger
  python -m local event --tag Tts --mutate truncate | python -m local invoke -    make a broken one and try it
  python -m local soak --jobs 500                       thousands of callbacks where little works, then one sweep
  python -m local soak --jobs 500 --ci flaky,never=0.5 --faults flaky --no-sweep
                                                        what is lost where nobody sweeps
  eval "$(.venv/bin/python -m local completion bash)"   complete all this by Tab, until the shell ends

What --json prints, and the exit statuses: docs/local.md
"""

_MOST_JOBS, _MOST_INSTANCES = 1_000_000, 256

_FORMATTER = functools.partial(argparse.RawDescriptionHelpFormatter, max_help_position=32)


def parser() -> Parser:
    """Return the parser of the command line; `command` is the function to call with all other options."""
    commands_of = Parser(
        prog="python -m local",
        description="The cloud on your machine: COS, CI, the function and its triggers.",
        epilog=_EXAMPLES,
        formatter_class=_FORMATTER,
    )
    function = Parser(add_help=False)
    function.add_argument(
        "--code-root", type=Path, default=PROJECT / "handler", help="folder that is the zip's root (handler)"
    )
    function.add_argument(
        "--handler",
        type=option_types.handler,
        default="index.main_handler",
        metavar="FILE.FUNCTION",
        help="what is called in it (index.main_handler)",
    )

    subparsers = commands_of.add_subparsers(required=True, metavar="run|serve|invoke|event|soak|completion")
    _add_run(subparsers, function)
    _add_serve(subparsers, function)
    _add_invoke(subparsers, function)
    _add_event(subparsers)
    _add_soak(subparsers, function)
    _add_completion(subparsers)
    return commands_of


def _add_run(subparsers: _Subparsers, function: Parser) -> None:
    run = subparsers.add_parser(
        "run", parents=[function], help="submit jobs, see their callbacks come, and show the result"
    )
    _add_json(run, "print one JSON document instead, in the end")
    run.add_argument("--events", type=Path, default=PROJECT / "events", help="folder of recorded events (events)")
    run.set_defaults(command=run_command.run)


def _add_serve(subparsers: _Subparsers, function: Parser) -> None:
    serve = subparsers.add_parser("serve", parents=[function], help="keep the cloud up and say where to POST")
    serve.add_argument(
        "--trigger",
        choices=["function-url", "apigw"],
        default="function-url",
        help="what the function gets: function-URL events (the default) or API Gateway events",
    )
    for option, default, text in (
        ("--port", 9001, "of the function's address"),
        ("--cos-port", 9000, "of COS"),
        ("--page-port", 9002, "of the page for a browser"),
    ):
        told = f"{text} ({default})"
        serve.add_argument(option, type=option_types.port, default=default, metavar="PORT", help=told)
    serve.add_argument(
        "--faults",
        type=option_types.faults,
        metavar="FAULTS",
        help="faults between the function and COS: flaky, or like error=0.2,lost=0.05,latency=0.1 (none)",
    )
    _add_json(serve, "print JSON instead: a line for the addresses, then one for everything that comes")
    serve.set_defaults(command=serve_command.serve)


def _add_invoke(subparsers: _Subparsers, function: Parser) -> None:
    invoke = subparsers.add_parser(
        "invoke", parents=[function], help="deliver one recorded event straight to the function"
    )
    invoke.add_argument(
        "event_file", type=Path, metavar="EVENT_FILE", help="an SCF event as JSON, such as events/*.json; - reads stdin"
    )
    _add_json(invoke, "print one JSON document instead")
    invoke.set_defaults(command=commands.invoke)


def _add_event(subparsers: _Subparsers) -> None:
    each = "\n".join(f"  {name:<17}{mutation.__doc__}" for name, mutation in mutations.ALL.items())
    event = subparsers.add_parser(
        "event",
        help="print an event with a callback for any Tag, valid or malformed",
        description="Print an SCF event with a callback made of the models. The same options give the same event.",
        epilog=f"mutations:\n{each}",
        formatter_class=_FORMATTER,
    )
    event.add_argument(
        "--tag",
        type=option_types.text,
        required=True,
        help="the kind of job, such as Transcode; docs/results.md lists them",
    )
    event.add_argument("--state", choices=STATES, default="Success", help="how it stands (Success)")
    event.add_argument("--format", choices=["xml", "json"], default="xml", help="of the body (xml)")
    event.add_argument("--trigger", choices=TRIGGERS, default="function-url", help="what brings it (function-url)")
    event.add_argument(
        "--object", type=option_types.text, default="", metavar="KEY", help="the input's key (one that fits the Tag)"
    )
    event.add_argument("--items", type=option_types.natural, default=1, metavar="N", help="in every list (1)")
    event.add_argument("--seed", type=int, default=0, metavar="S", help="another one gives other ids and times (0)")
    event.add_argument("--workflow", action="store_true", help="the job was started by a workflow")
    event.add_argument("--simple", action="store_true", help="a review in its Simple form")
    event.add_argument("--array", action="store_true", help="JSON: JobsDetail is an array also of one job")
    event.add_argument("--wrapped", action="store_true", help="JSON: all of it in a Response")
    event.add_argument(
        "--mutate",
        action="append",
        type=option_types.one_of("mutation", mutations.ALL),
        choices=[*mutations.ALL],
        default=[],
        metavar="MUTATION",
        help="make it wrong, see below; may be repeated",
    )
    event.set_defaults(command=commands.event)


def _add_soak(subparsers: _Subparsers, function: Parser) -> None:
    soak = subparsers.add_parser("soak", parents=[function], help="send callbacks where little works, and judge")
    soak.add_argument(
        "--jobs",
        type=option_types.count(_MOST_JOBS),
        metavar="N",
        default=10_000,
        help="result objects that there must be (10,000)",
    )
    soak.add_argument("--seed", type=int, default=1, help="of the jobs and of what happens to them (1)")
    soak.add_argument(
        "--instances",
        type=option_types.count(_MOST_INSTANCES),
        default=8,
        metavar="N",
        help="of the function, each with one event at a time (8)",
    )
    soak.add_argument(
        "--faults",
        type=option_types.faults,
        default=FAULTS,
        metavar="FAULTS",
        help="faults between the function and COS, as `serve` takes them; by default one request in five fails",
    )
    soak.add_argument(
        "--ci",
        type=option_types.callback_faults,
        default=CallbackFaults.parse("flaky"),
        metavar="FAULTS",
        help="faults of CI's callbacks: flaky (the default), none, or like never=0.1,twice=0.1,late=0.05,no-token=0.1",
    )
    soak.add_argument(
        "--no-sweep", dest="sweep", action="store_false", help="leave the sweep out, and see what is lost"
    )
    _add_json(soak, "print one JSON document instead of a summary")
    soak.set_defaults(command=soak_command.soak)


def _add_completion(subparsers: _Subparsers) -> None:
    completed = subparsers.add_parser(
        "completion", help="print what makes a shell complete these commands", formatter_class=_FORMATTER
    )
    completed.description, completed.epilog = completion.DESCRIPTION, completion.EXAMPLES
    completed.add_argument("shell", choices=completion.SHELLS, help="which shell")
    completed.add_argument(
        "--name", type=completion.name, default=completion.NAME, help=f"of the command it defines ({completion.NAME})"
    )
    completed.set_defaults(command=functools.partial(completion.show, parser))


def _add_json(command: Parser, text: str) -> None:
    command.add_argument("--json", dest="as_json", action="store_true", help=text)
