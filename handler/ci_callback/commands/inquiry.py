"""Questions to COS and CI whose very answer counts, refusals included: what `doctor` and `smoke` ask."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from ci_callback.decode import encoding, tree
from ci_callback.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.cloud.cos import Store


@dataclass(frozen=True)
class Question:
    """A request; `path` is an object's key or that of CI's API, and "" the bucket itself."""

    bucket: str
    method: str = "GET"
    path: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    service: Literal["cos", "ci"] = "cos"


@dataclass(frozen=True)
class Answer:
    """What was answered; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def code(self) -> str:
        """The error's code; "" where none is told, as of any HEAD."""
        return str(self.element("Error").get("Code", ""))[:64]

    @property
    def said(self) -> str:
        """Status and code, for a sentence."""
        return f"{self.status} {self.code}".rstrip()

    def element(self, root: str) -> Mapping[str, Any]:
        """Return the body's root element, if that is its name; else an empty one."""
        try:
            found = tree.parse(encoding.decode(self.body, is_text=False)).get(root)
        except Malformed:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Inquiry:
    """The questions of one invocation; `skews` is by how many seconds the clock of each answer was ahead of ours."""

    store: Store
    skews: list[float] = field(default_factory=list)

    def ask(self, question: Question) -> Answer:
        """Return the answer; raise Unavailable where there is none."""
        answer = Answer(*self.store.ask(question))
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
        except ValueError:
            return answer
        self.skews.append(theirs - time.time())
        return answer
