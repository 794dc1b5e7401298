"""The command line of `python -m local`. A command's modules are imported when it runs: `--help` and Tab stay fast."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from local.cli.option_types import OneOf, Parsed, bucket_and_region, handler, http_url, utf8
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    _Command = TypeVar("_Command", bound=Callable[..., int])

_PROJECT = Path(__file__).resolve().parent.parent.parent
_PROGRAM = "python -m local"
_COMPLETE = "_CI_LOCAL_COMPLETE"  # set by the shell, see docs/local.md

_EXAMPLES = """\b
Examples:
  python -m local run                                   show the main job, from upload to result object
  python -m local serve                                 a page in the browser, callbacks by curl
  python -m local serve --trigger apigw --port 8080     the same behind an API Gateway
  python -m local serve --faults flaky                  one request to COS in three fails
  python -m local check                                 examine serverless.yml and .env before a deployment
  python -m local invoke events/apigw-xml-success.json  deliver one recorded event
  python -m local event --tag Transcode > event.json    make an event for any Tag, State, format and trigger
  python -m local event --tag Tts --mutate truncate | python -m local invoke -    deliver a malformed one
  python -m local snippet --kind review-video --url https://example.com/token    the code that sets a callback URL
  python -m local soak --jobs 500                       many callbacks with faults, then the timer
  python -m local soak --chaos                          killed instances, outages and edited objects besides
  python -m local soak --jobs 500 --ci flaky,never=0.5 --faults flaky --no-sweep
                                                        see which results are lost without the timer

Tab completion, --json and the exit codes: docs/local.md
"""


def run(arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code: 0 done, 1 the function failed, 2 it could not be started."""
    if _COMPLETE in os.environ:
        cli.main(prog_name="ci-local", complete_var=_COMPLETE)
    try:
        # `cli.main` would exit with 1 on a closed pipe and on Ctrl-C.
        with cli.make_context(_PROGRAM, list(sys.argv[1:] if arguments is None else arguments)) as context:
            return int(cli.invoke(context))
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else _PROGRAM
        message = f"{error.format_message()}\n{command} --help shows the options."
    except UserError as error:
        message = str(error)
    print(f"error: {message}", file=sys.stderr)
    return 2


def _tags() -> Collection[str]:
    import models  # noqa: F401  # puts handler/ on the path
    from ci_callback.shapes import MODULES

    return MODULES


def _states() -> Collection[str]:
    from models.wire import STATES

    return STATES


def _triggers() -> Collection[str]:
    from local.events.generated import TRIGGERS

    return TRIGGERS


def _mutations() -> Mapping[str, Callable[..., Any]]:
    from local.events.mutations import ALL

    return ALL


def _faults(text: str) -> Any:
    from local.faults.requests import Faults

    return Faults.parse(text)


def _callback_faults(text: str) -> Any:
    from local.faults.callbacks import CallbackFaults

    return CallbackFaults.parse(text)


_FOLDER = click.Path(path_type=Path, file_okay=False)
_PORT = click.IntRange(0, 65_535)
_PRESETS = ("none", "flaky")
_FAULTS = Parsed("faults", _faults, (*_PRESETS, "slow"))
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def _function_options(command: _Command) -> _Command:
    """Add the options that choose the function."""
    for option in (
        click.option(
            "--handler",
            type=Parsed("file.function", handler),
            default="index.main_handler",
            help="Entry point of the function.",
        ),
        click.option(
            "--code-root",
            type=_FOLDER,
            default=_PROJECT / "handler",
            show_default="handler",
            help="Folder of the function's code.",
        ),
    ):
        command = option(command)
    return command


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120, "show_default": True},
    epilog=_EXAMPLES,
    no_args_is_help=False,
)
def cli() -> None:
    """Run the function against a local COS, CI and SCF, with the settings of serverless.yml."""


@cli.command("run")
@_function_options
@_json_option
@click.option(
    "--events", type=_FOLDER, default=_PROJECT / "events", show_default="events", help="Folder of recorded events."
)
def _run(**options: Any) -> int:
    """Submit jobs, show their callbacks, and show the result."""
    from local.cli.run import run as command

    return command(**_checked(options))


@cli.command("serve")
@_function_options
@_json_option
@click.option(
    "--trigger", type=click.Choice(["function-url", "apigw"]), default="function-url", help="Kind of the events."
)
@click.option("--port", type=_PORT, default=9001, help="Port of the trigger; 0 finds a free one.")
@click.option("--cos-port", type=_PORT, default=9000, help="Port of COS.")
@click.option("--page-port", type=_PORT, default=9002, help="Port of the page for a browser.")
@click.option(
    "--faults",
    type=_FAULTS,
    show_default="none",
    help="Faults between the function and COS: none, flaky, slow, or like error=0.2,lost=0.05,latency=0.1.",
)
def _serve(**options: Any) -> int:
    """Keep the local cloud running and print its addresses."""
    from local.cli.serve import serve as command

    return command(**_checked(options))


@cli.command("check")
@_json_option
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    show_default=".env, if it is there",
    help="File with the values for ${env:…} of serverless.yml, such as .env.dev.",
)
def _check(**options: Any) -> int:
    """Examine serverless.yml and .env before a deployment: the doctor, against the local cloud."""
    from local.cli.check import check as command

    return command(_PROJECT, **options)


@cli.command("invoke")
@_function_options
@_json_option
@click.argument("event_file", type=click.Path(path_type=Path))
def _invoke(**options: Any) -> int:
    """Deliver a recorded event to the function.

    EVENT_FILE is an SCF event as JSON, such as events/*.json; - reads standard input.
    """
    from local.cli.invoke import invoke as command

    return command(**_checked(options))


class _EventCommand(click.Command):
    """A command whose help lists the mutations."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the mutations with their docstrings."""
        with formatter.section("Mutations"):
            formatter.write_dl([(name, mutation.__doc__ or "") for name, mutation in _mutations().items()])


@cli.command("event", cls=_EventCommand)
@click.option(
    "--tag",
    required=True,
    metavar="TAG",
    shell_complete=lambda _, __, typed: [tag for tag in _tags() if tag.startswith(typed)],
    help="Kind of job, such as Transcode.",
)
@click.option(
    "--state", type=OneOf("State", _states), show_default="Success; Auditing with --live", help="State of the job."
)
@click.option("--format", type=click.Choice(["xml", "json"]), default="xml", help="Format of the body.")
@click.option("--trigger", type=OneOf("trigger", _triggers), default="function-url", help="Trigger that delivers it.")
@click.option(
    "--object", type=Parsed("key", utf8), default="", show_default="one that fits the Tag", help="Key of the input."
)
@click.option("--items", type=click.IntRange(0), default=1, help="Items in every list.")
@click.option("--seed", type=int, default=0, help="Another seed gives other ids and times.")
@click.option("--workflow", is_flag=True, help="The job was started by a workflow.")
@click.option("--simple", is_flag=True, help="A review in its Simple form.")
@click.option("--result", type=click.Choice(["block", "review", "normal"]), help="Verdict of a review.")
@click.option("--live", is_flag=True, help="A segment of a live review, for the Tag ReviewVideo.")
@click.option("--array", is_flag=True, help="JSON: JobsDetail is always an array.")
@click.option("--wrapped", is_flag=True, help="JSON: the body is wrapped in Response.")
@click.option("--native", is_flag=True, help="JSON: numbers, booleans and arrays, not texts.")
@click.option("--mutate", type=OneOf("mutation", _mutations), multiple=True, help="Make it malformed; repeatable.")
def _event(**options: Any) -> int:
    """Print an event with a callback for any Tag, valid or malformed.

    The same options give the same event.
    """
    from local.cli.event import event as command

    return command(**options)


def _kinds() -> Collection[str]:
    from local.cli.snippet import KINDS

    return KINDS


@cli.command("snippet")
@click.option("--kind", type=OneOf("kind", _kinds), required=True, help="Queue of a kind of job, job or review.")
@click.option("--url", type=Parsed("URL", http_url), required=True, help="Callback URL, with the token.")
@click.option("--language", type=click.Choice(["python", "node"]), default="python", help="Language of the SDK.")
@click.option(
    "--bucket",
    type=Parsed("bucket/region", bucket_and_region),
    show_default="media-1250000000/ap-chongqing; the local one with --cos",
    help="Bucket of the jobs, and its region.",
)
@click.option(
    "--cos", type=Parsed("URL", http_url), help="Address of a local COS, with whose credentials the code runs."
)
def _snippet(**options: Any) -> int:
    """Print the code that sets the callback URL for a kind of job.

    It reads the key from TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY.
    """
    from local.cli.snippet import snippet as command

    return command(**options)


@cli.command("soak")
@_function_options
@_json_option
@click.option(
    "--jobs",
    type=click.IntRange(1, 1_000_000),
    show_default="10,000; 1,000 with --chaos",
    help="Result objects to expect.",
)
@click.option("--seed", type=int, default=1, help="Seed of the jobs and the faults.")
@click.option("--instances", type=click.IntRange(1, 256), default=8, help="Instances of the function.")
@click.option(
    "--faults",
    type=_FAULTS,
    show_default="one request in five fails",
    help="Faults between the function and COS: none, flaky, slow, or like error=0.2,lost=0.05,latency=0.1.",
)
@click.option(
    "--ci",
    type=Parsed("faults", _callback_faults, _PRESETS),
    default="flaky",
    help="Faults of the callbacks: none, flaky, or like never=0.1,twice=0.1,late=0.05,no-token=0.1.",
)
@click.option("--sweep/--no-sweep", default=True, help="Let the timer heal and sweep after the deliveries.")
@click.option(
    "--chaos",
    is_flag=True,
    help="Instead: kill instances, stop and slow COS, edit objects, run two timers at once; then timers alone.",
)
def _soak(**options: Any) -> int:
    """Deliver thousands of callbacks with faults, let the timer heal and sweep, and check every object."""
    from local.cli.soak import soak as command

    return command(**_checked(options))


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options; raise UserError if the function's file does not exist."""
    entry = options["code_root"] / f"{options['handler'].partition('.')[0]}.py"
    if not entry.is_file():
        raise UserError(f"no such function: {entry}: --code-root is its folder, --handler is FILE.FUNCTION.")
    return options
