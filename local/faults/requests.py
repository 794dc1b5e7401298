"""Faults of the local cloud: errors of the network and of a busy service, by script or by chance.

    none                    carried out, answered
    500 503 429 403 409 412 not carried out, refused with that status
    301                     not carried out, sent elsewhere
    reset                   not carried out, the connection is reset
    lost-answer             carried out, the connection ends without an answer
    late                    carried out, the answer follows after `slow` seconds
    drip                    carried out, the answer arrives byte by byte within `slow` seconds
    endless                 carried out, the answer is a header line that arrives byte by byte and never ends
    cut-headers             carried out, the answer ends after its first header
    cut-body                carried out, the answer ends in the middle of its body
    no-metadata             carried out, the answer has lost its `x-cos-meta-…`
    race                    carried out; a put-if-absent also overwrites a key that was free less than a second ago

COS's code for a 409 or 412 other than FileAlreadyExists could not be confirmed. A race that both puts win is one report
(opendal#7526): COS's documents promise that `x-cos-forbid-overwrite` lets one put win.
"""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

from local.http.message import Delivery, Response
from local.http.xml import ServiceError
from terminal.user_error import UserError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Fault = Literal[
    "none",
    "500",
    "503",
    "429",
    "403",
    "409",
    "412",
    "301",
    "reset",
    "lost-answer",
    "late",
    "drip",
    "endless",
    "cut-headers",
    "cut-body",
    "no-metadata",
    "race",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)

_CODES: dict[Fault, str] = {
    "500": "InternalError",
    "503": "SlowDown",
    "429": "TooManyRequests",
    "403": "AccessDenied",
    "409": "PathConflict",
    "412": "PreconditionFailed",
}
_ELSEWHERE = "http://127.0.0.1:1/"

# Words of a description besides the faults' own names: shares of all requests, and seconds.
_GROUPS: dict[str, tuple[Fault, ...]] = {"error": ("500", "503", "429", "reset"), "lost": ("lost-answer",)}
_NUMBERS = ("latency", "slow", "skew", "seed")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")
_PRESETS = {
    "none": "",
    "flaky": "error=0.2,lost=0.05,late=0.01,drip=0.01,cut-headers=0.02,cut-body=0.02,latency=0.02",
    "slow": "latency=0.04",
}


class BadFaultsError(UserError):
    """The description of the faults cannot be read."""


@dataclass(frozen=True)
class Asked:
    """A request as a fault may hit it; `key` is decoded, on a CI host it is the path (`jobs/…`)."""

    service: Literal["cos", "ci"]
    method: str
    bucket: str
    key: str
    query: str = ""


@dataclass(frozen=True)
class RequestFault:
    """The fault of one request."""

    fault: Fault = "none"
    latency_s: float = 0
    slow_s: float = 0
    skew_s: float = 0

    def refusal(self) -> Response | None:
        """Return the answer to a request that is not carried out, None if it is; raise ServiceError."""
        if self.fault in _CODES:
            raise ServiceError(int(self.fault), _CODES[self.fault], "A fault of the local cloud.")
        if self.fault == "301":
            return Response(301)
        return Response(0) if self.fault == "reset" else None

    def spoil(self, answer: Response) -> Response:
        """Return the answer as it reaches the client."""
        if self.fault == "301":
            return replace(answer, headers=(*answer.headers, ("Location", _ELSEWHERE)))
        if self.fault == "no-metadata":
            kept = tuple((name, value) for name, value in answer.headers if not name.startswith("x-cos-meta-"))
            return replace(answer, headers=kept)
        deliveries: dict[Fault, Delivery] = {
            "reset": Delivery("reset"),
            "lost-answer": Delivery("nothing"),
            "endless": Delivery("endless-header"),
            "cut-headers": Delivery("first-header"),
            "cut-body": Delivery("half-body"),
            "late": Delivery(wait_s=self.slow_s),
            "drip": Delivery(drip_s=self.slow_s),
        }
        return replace(answer, delivery=deliveries.get(self.fault, answer.delivery))


@dataclass
class Faults:
    """The faults of one local cloud; any thread may meet them, and their fields may be changed at any time.

    The n-th request meets the n-th of `script`, later ones `then`, or a fault drawn by `rates`, the shares of all
    requests; the same seed draws the same order. A request takes `latency` seconds more, on average. `skew` is the
    number of seconds by which the cloud's clock is ahead. Requests that `only` excludes meet no fault and are not
    counted; for the others `on_request` is called before they are carried out. `seen` has their methods, `met` their
    faults.
    """

    script: list[Fault] = field(default_factory=list)
    then: Fault | None = None
    rates: Mapping[Fault, float] = field(default_factory=dict)
    latency: float = 0
    slow: float = 1
    skew: float = 0
    seed: float = 0
    only: Callable[[Asked], bool] = lambda _: True
    on_request: Callable[[Asked], None] = lambda _: None
    seen: list[str] = field(default_factory=list)
    met: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Raise BadFaultsError for an unknown fault or an impossible share."""
        unknown = {*self.script, *self.rates, *([self.then] if self.then else [])} - {*FAULTS}
        if unknown:
            raise BadFaultsError(f"no such fault: {', '.join(sorted(unknown))} (there are {', '.join(FAULTS)})")
        if min(self.rates.values(), default=0) < 0 or sum(self.rates.values()) > 1 + 1e-9:
            raise BadFaultsError("the shares of the faults must be positive and at most 1 together")
        if min(self.latency, self.slow) < 0:
            raise BadFaultsError("latency and slow are seconds, not less than 0")
        self._random = random.Random(self.seed)  # noqa: S311  # chance, no secret
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Parse `flaky` or `slow`, a description like `error=0.2,lost=0.05,latency=0.1`, or both; raise BadFaultsError.

        The names of faults have shares of all requests, and so have `error` (500, 503, 429 and reset, evenly) and
        `lost` (lost-answer); `latency`, `slow` and `skew` are seconds, `seed` chooses the order. A later word overrides
        an earlier one.
        """
        rates: dict[Fault, float] = {}
        faults = cls(rates=rates)
        for name, value in read_words(text, _PRESETS):
            members = _GROUPS.get(name) or ((name,) if name in FAULTS else ())
            if members:
                rates |= {member: value / len(members) for member in members}
            elif name in _NUMBERS:
                setattr(faults, name, value)
            else:
                raise unknown(name, [*_PRESETS, *_GROUPS, *_NUMBERS, *FAULTS])
        return replace(faults)

    @property
    def summary(self) -> str:
        """The description that `parse` reads."""
        rates = [f"{fault}={share:g}" for fault, share in self.rates.items()]
        return ",".join([*rates, *(f"{name}={getattr(self, name):g}" for name in _NUMBERS)])

    def meet(self, asked: Asked) -> RequestFault:
        """Draw the fault of a request."""
        if not self.only(asked):
            return RequestFault(skew_s=self.skew)
        with self._lock:
            # Both are drawn each time, so that a script does not shift later draws.
            chance, latency_s = self._random.random(), self._random.uniform(0, 2 * self.latency)
            fault = self.script.pop(0) if self.script else self.then or self._drawn(chance)
            self.seen.append(asked.method)
            self.met.append(fault)
        self.on_request(asked)
        return RequestFault(fault, latency_s, self.slow, self.skew)

    def _drawn(self, chance: float) -> Fault:
        for fault, share in self.rates.items():
            chance -= share
            if chance < 0:
                return fault
        return "none"


def read_words(text: str, presets: Mapping[str, str]) -> list[tuple[str, float]]:
    """Parse a text like `a=0.1,b=2` into pairs, presets resolved; raise BadFaultsError."""
    words = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, given, value = word.partition("=")
        if not given and name in presets:
            words += read_words(presets[name], presets)
            continue
        if not given:
            raise unknown(word, presets)
        if not _NUMBER.fullmatch(value):
            raise BadFaultsError(f"{word}: {name} wants a number, as in {name}=0.1")
        words.append((name, float(value)))
    return words


def unknown(name: str, known: Iterable[str]) -> BadFaultsError:
    """Return the error for an unknown word, with a similar one or else all of them."""
    there = [*known]
    instead = nearest(name, there) or f"there are {', '.join(there)}"
    return BadFaultsError(f"unknown faults: {name} ({instead})")
