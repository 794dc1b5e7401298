"""The command `serve`: the cloud stays up, and tells everything that comes."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.cli.output import ForPeople, Lines, told
from local.cli.run import RESULT_KEY
from local.cloud import BUCKET, INPUT_KEY, TOKEN, LocalCloud
from local.http.server import PortTakenError
from local.json_text import parsed
from local.page.feed import Feed
from local.page.server import Page
from terminal.exit_codes import output_is_closed
from terminal.user_error import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from local.cli.output import Found, Output
    from local.cli.screen import Screen
    from local.faults.requests import Faults
    from local.scf.server import Invocation
    from local.scf.trigger import Kind
    from local.services.receivers import Arrival

_LOOK_S = 0.5
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
    """Keep the cloud up until Ctrl-C or SIGTERM; tell what the function says as events come."""
    _check_ports({"--port": port, "--cos-port": cos_port, "--page-port": page_port})
    teller = _Teller(Lines() if as_json else ForPeople())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: teller.done.set())
    feed = Feed()
    try:
        cloud = LocalCloud(
            triggers={trigger: port},
            cos_port=cos_port,
            code_root=code_root,
            handler=handler,
            on_invocation=lambda invocation: teller.tell(_Invoked(invocation)),
            watch=feed.watch,
            faults=faults,
        )
        cloud.cos.receivers.on_arrival = lambda arrival: teller.tell(_Arrived(arrival))
        with cloud, Page(cloud, feed, port=page_port) as page:
            summary = faults.summary if faults else ""
            teller.tell(_Up(trigger, cloud.triggers[trigger].address, cloud.cos.address, f"{page.address}/", summary))
            while not (teller.done.wait(_LOOK_S) or output_is_closed()):
                pass
    except PortTakenError as taken:
        instead = "choose another port with --port, --cos-port and --page-port (0 finds one)."
        raise UserError(f"{taken}\nStop that program, or {instead}") from None
    teller.output.part(_Ended())
    return 0


@dataclass(frozen=True)
class _Teller:
    """Tells from any thread. Where nobody reads on it is `done`, and who sent an event gets the answer all the same."""

    output: Output
    done: threading.Event = field(default_factory=threading.Event)

    def tell(self, found: Found) -> None:
        """Tell it."""
        try:
            self.output.part(found)
        except BrokenPipeError:
            self.done.set()


@dataclass(frozen=True)
class _Up:
    """Where everything is."""

    trigger: Kind
    address: str
    cos: str
    page: str
    faults: str

    def show(self, screen: Screen) -> None:
        """Print it for people, with what to do there."""
        url = f"{self.address}/{TOKEN}"
        screen.line("The local cloud is up. Ctrl-C ends it.", "bold")
        screen.title("Send events, see what becomes of them and open the results in a browser")
        screen.line(self.page, indent=2)
        screen.title(f"POST callbacks to ({self.trigger} events; the last part of the path is the token)")
        screen.line(url, indent=2)
        if self.faults:
            screen.title("Faults between the function and COS")
            screen.line(self.faults, indent=2)
        screen.title("For example")
        screen.line(f"curl -i -H 'Content-Type: application/json' -d '{_EXAMPLE_BODY}' {url}", indent=2)
        screen.title("Or submit jobs with the COS SDK, this address as their CallBack: local/sdk.py shows how")
        screen.line(f"session_to({self.cos!r})", indent=2)
        screen.title("Look at results")
        screen.line(f"curl {self.cos}/", indent=2)
        screen.line(f"curl {self.cos}/{BUCKET}/{RESULT_KEY}", indent=2)
        screen.title("Log")

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {
            "kind": "up",
            "trigger": self.trigger,
            "callback_url": f"{self.address}/{TOKEN}",
            "token": TOKEN,
            "cos": self.cos,
            "bucket": BUCKET,
            "page": self.page,
            "faults": self.faults or None,
        }


@dataclass(frozen=True)
class _Invoked:
    """An event came to the function."""

    invocation: Invocation

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.line()
        screen.invocation(self.invocation)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {"kind": "invocation", **told(self.invocation)}


@dataclass(frozen=True)
class _Arrived:
    """What an action sent came to its receiver."""

    arrival: Arrival

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.line()
        screen.field(self.arrival.kind, f"{self.arrival.target}  {self.arrival.id}")
        screen.body(self.arrival.content)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
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
    """It is over, as it was asked to."""

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.line("The local cloud has ended.")

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {"kind": "ended"}


def _check_ports(ports: dict[str, int]) -> None:
    """Raise UserError where two options name one port."""
    options: dict[int, str] = {}
    for option, port in ports.items():
        if port in options:
            raise UserError(f"{options[port]} and {option} are both {port}: choose another for one of them.")
        if port:
            options[port] = option
