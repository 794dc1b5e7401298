"""Events that the page of `make serve` can send: recorded or generated ones, commands, a body from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from local.defaults import BUCKET, PROJECT, REGION, TOKEN
from local.events import generated as events
from local.events import mutations
from local.events.generated import TriggerKind
from local.events.recorded import read_event
from local.events.reviews import VERDICTS, Verdict
from local.http.message import Request
from local.scf.trigger import Kind, event_of
from models.catalog import catalog
from models.wire import STATES, Format, Order, is_review

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = PROJECT / "events"
_EXPECTED = ".expected.json"
_COMMANDS: dict[str, Any] = {"replay": {"replay": {"remove": True}}, "sweep": {"sweep": {}}, "doctor": {"doctor": {}}}


class BadRequestError(Exception):
    """The request cannot be fulfilled; the message is one line."""


class _Generated(BaseModel):
    """An event generated from the models, as `python -m local event` takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tag: str
    state: str = "Success"
    format: Format = "xml"
    trigger: TriggerKind = "function-url"
    mutate: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0, lt=1 << 31)
    result: Verdict | None = None


class _Own(BaseModel):
    """A body from a file, POSTed byte by byte through a trigger."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body: Base64Bytes
    trigger: Kind = "function-url"


class _Wanted(BaseModel):
    """The body of a request to send: one of the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recorded: str = ""
    generated: _Generated | None = None
    own: _Own | None = None
    command: str = ""


def choices() -> dict[str, Any]:
    """Return all choices; the text of a mutation is that of the command line."""
    return {
        "recorded": list(_recorded()),
        "tags": list(catalog()),
        "reviews": [tag for tag, entry in catalog().items() if is_review(entry)],
        "verdicts": VERDICTS,
        "states": STATES,
        "formats": get_args(Format),
        "triggers": get_args(TriggerKind),
        "mutations": {name: mutation.__doc__ for name, mutation in mutations.ALL.items()},
    }


def wanted_event(content: bytes) -> Any:
    """Return the event for a request's JSON body; raise BadRequestError, BadOrderError or BadEventFileError."""
    try:
        wanted = _Wanted.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise BadRequestError(f"{field}: {first['msg']}" if field else first["msg"]) from None
    if wanted.generated is not None:
        return _generated(wanted.generated)
    if wanted.own is not None:
        request = Request("POST", f"/{TOKEN}", (), wanted.own.body, client="127.0.0.1")
        return event_of(wanted.own.trigger, request)
    if wanted.command:
        if wanted.command not in _COMMANDS:
            raise BadRequestError(f"there is no command {wanted.command!r} (there are {', '.join(_COMMANDS)})")
        return _COMMANDS[wanted.command]
    path = _recorded().get(wanted.recorded)
    if path is None:
        raise BadRequestError(f"there is no recorded event {wanted.recorded!r}")
    return read_event(path)


def _recorded() -> dict[str, Path]:
    """Return the recorded events by name, such as `replay` and `tags/Tts-xml`."""
    files = (path for path in sorted(EVENTS.rglob("*.json")) if not path.name.endswith(_EXPECTED))
    return {path.relative_to(EVENTS).with_suffix("").as_posix(): path for path in files}


def _generated(wanted: _Generated) -> Any:
    if wanted.state not in STATES:
        raise BadRequestError(f"there is no State {wanted.state!r} (there are {', '.join(STATES)})")
    for name in wanted.mutate:
        if name not in mutations.ALL:
            raise BadRequestError(f"there is no mutation {name!r} (there are {', '.join(mutations.ALL)})")
    entry = events.entry_of(wanted.tag)
    order = Order(entry, wanted.state, seed=wanted.seed, bucket=BUCKET, region=REGION)
    return events.make(order, wanted.format, wanted.trigger, mutate=wanted.mutate, result=wanted.result)
