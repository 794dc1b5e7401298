"""The command `serve`: keep the local cloud running, and print every event."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli import screen
from local.cli.output import Output, invocation_json
from local.cli.run_report import RESULT_KEY
from local.cloud import LocalCloud
from local.defaults import BUCKET, INPUT_KEY, TOKEN
from local.http.server import PortTakenError
from local.json_text import parsed
from local.page.feed import Feed
from local.page.server import Page
from terminal.exit_codes import output_is_closed
from terminal.user_error import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from local.cli.output import Found
    from local.faults.requests import Faults
    from local.scf.server import Invocation
    from local.scf.trigger import Kind
    from local.services.receivers import Arrival

_POLL_S = 0.5
_EXAMPLE_BODY = (
    '{"EventName":"TaskFinish","JobsDetail":{"Code":"Success","State":"Success","Tag":"SoundHound",'
    '"JobId":"s0123456789abcdef","CreationTime":"2025-04-05T06:07:08+0800",'
    f'"Input":{{"BucketId":"{BUCKET}","Region":"ap-chongqing","Object":"{INPUT_KEY}"}},'
    '"Operation":{"SoundHoundResult":{"SongList":[{"Inlier":"98","SongName":"Example song"}]}}}}'
)


def serve(  # noqa: PLR0913  # the options of the command line
    *,
    trigger: Kind,
    port: int,
    cos_port: int,
    page_port: int,
    faults: Faults | None = None,
    code_root: Path,
    handler: str,
    as_json: bool = False,
) -> int:
    """Keep the cloud running until Ctrl-C or SIGTERM, and print every invocation."""
    _check_ports({"--port": port, "--cos-port": cos_port, "--page-port": page_port})
    output, done = Output(as_json=as_json, lines=True), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())

    def show(found: Found) -> None:
        """Print from any thread; a closed output ends the command, but not the thread's request."""
        try:
            output.part(found)
        except BrokenPipeError:
            done.set()

    feed = Feed()
    try:
        cloud = LocalCloud(
            triggers={trigger: port},
            cos_port=cos_port,
            code_root=code_root,
            handler=handler,
            on_invocation=lambda invocation: show(_Invoked(invocation)),
            watch=feed.watch,
            faults=faults,
        )
        cloud.cos.receivers.on_arrival = lambda arrival: show(_Arrived(arrival))
        with cloud, Page(cloud, feed, port=page_port) as page:
            summary = faults.summary if faults else ""
            show(
                _Up(
                    trigger,
                    cloud.triggers[trigger].address,
                    cloud.cos.address,
                    f"{page.address}/",
                    summary,
                    str(cloud.deployment),
                )
            )
            while not (done.wait(_POLL_S) or output_is_closed()):
                pass
    except PortTakenError as taken:
        instead = "choose another port with --port, --cos-port and --page-port (0 finds one)."
        raise UserError(f"{taken}\nStop that program, or {instead}") from None
    output.part(_Ended())
    return 0


@dataclass(frozen=True)
class _Up:
    """The addresses of the local cloud."""

    trigger: Kind
    address: str
    cos: str
    page: str
    faults: str
    settings: str

    def show(self) -> None:
        """Print them as text, with a command for each."""
        url = f"{self.address}/{TOKEN}"
        screen.line("The local cloud is up. Ctrl-C ends it.", bold=True)
        screen.title("Send events, see their outcomes and open the results in a browser")
        _indented(self.page)
        screen.title(f"POST callbacks to ({self.trigger} events; the last part of the path is the token)")
        _indented(url)
        screen.title("Settings, memory and time limit are those of")
        _indented(self.settings)
        if self.faults:
            screen.title("Faults between the function and COS")
            _indented(self.faults)
        screen.title("For example")
        _indented(f"curl -i -H 'Content-Type: application/json' -d '{_EXAMPLE_BODY}' {url}")
        screen.title("Or submit jobs with the COS SDK, this address as their CallBack: local/sdk.py shows how")
        _indented(f"session_to({self.cos!r})")
        screen.title("Look at results")
        _indented(f"curl {self.cos}/")
        _indented(f"curl {self.cos}/{BUCKET}/{RESULT_KEY}")
        screen.title("Log")

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "kind": "up",
            "trigger": self.trigger,
            "callback_url": f"{self.address}/{TOKEN}",
            "token": TOKEN,
            "cos": self.cos,
            "bucket": BUCKET,
            "page": self.page,
            "faults": self.faults or None,
            "settings": self.settings,
        }


@dataclass(frozen=True)
class _Invoked:
    """An invocation of the function."""

    invocation: Invocation

    def show(self) -> None:
        """Print it as text."""
        screen.line()
        screen.invocation(self.invocation)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"kind": "invocation", **invocation_json(self.invocation)}


@dataclass(frozen=True)
class _Arrived:
    """A message of an action, as its receiver got it."""

    arrival: Arrival

    def show(self) -> None:
        """Print it as text."""
        screen.line()
        screen.field(self.arrival.kind, f"{self.arrival.target}  {self.arrival.id}")
        screen.body(self.arrival.content)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        arrival = self.arrival
        return {
            "kind": "arrival",
            "action": arrival.kind,
            "target": arrival.target,
            "id": arrival.id,
            "content": parsed(arrival.content, arrival.content),
        }


@dataclass(frozen=True)
class _Ended:
    """The end of the local cloud."""

    def show(self) -> None:
        """Print it as text."""
        screen.line("The local cloud has ended.")

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"kind": "ended"}


def _indented(text: str) -> None:
    screen.line(f"  {text}")


def _check_ports(ports: dict[str, int]) -> None:
    """Raise UserError if two options have the same port."""
    options: dict[int, str] = {}
    for option, port in ports.items():
        if port in options:
            raise UserError(f"{options[port]} and {option} are both {port}: choose another for one of them.")
        if port:
            options[port] = option
