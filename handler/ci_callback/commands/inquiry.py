"""Requests of `doctor` and `smoke` to COS and CI, where a refusal is an answer like any other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ci_callback.decode import tree
from ci_callback.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.cloud.cos import Request, Store


@dataclass(frozen=True)
class Answer:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """True if the request was carried out."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def code(self) -> str:
        """The error's code, "" without one; a HEAD never has one."""
        return str(self.element("Error").get("Code", ""))[:64]

    @property
    def summary(self) -> str:
        """Status and code, for a sentence."""
        return f"{self.status} {self.code}".rstrip()

    def element(self, root: str) -> Mapping[str, Any]:
        """Return the body's root element if it has that name, else an empty one."""
        try:
            return element(tree.read(self.body, is_text=False).tree, root)
        except Malformed:
            return {}


def element(parent: object, *path: str) -> Mapping[str, Any]:
    """Return the element at a path below another; an empty one if there is none."""
    for name in path:
        parent = parent.get(name) if isinstance(parent, dict) else None
    return parent if isinstance(parent, dict) else {}


def elements(parent: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the elements of a name: none, one or several."""
    found = parent.get(name)
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


@dataclass(frozen=True)
class Inquiry:
    """The requests of one invocation; `skews` are the seconds by which each answer's clock was ahead."""

    store: Store
    skews: list[float] = field(default_factory=list)

    def ask(self, request: Request) -> Answer:
        """Send a request; raise Unavailable without an answer."""
        answer = Answer(*self.store.send(request))
        try:
            date = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except ValueError:
            return answer
        self.skews.append(date - time.time())
        return answer
