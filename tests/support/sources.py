"""Every source of callbacks, so that a test of hostile input holds for all: a new trigger is one line here."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.handler.test_events import event
from tests.support.deployment import url_event

Wording = Callable[[str], dict[str, Any]]  # the event of a body

GATEWAY = event("apigw-json-success")
RESULT = "audio/song.mp3.SoundHound.json"

# These need the token; the platform has authorised the other sources.
TRIGGERS: dict[str, Wording] = {
    "function-url": url_event,
    "apigw": lambda content: {**GATEWAY, "body": content},
    "apigw-base64": lambda content: {**GATEWAY, "body": as_base64(content), "isBase64Encoded": True},
}
SOURCES: dict[str, Wording] = {
    **TRIGGERS,
    "invoke": lambda content: {"body": content},
    "queue": lambda content: {"Records": [{"CMQ": {"type": "topic", "topicName": "t", "msgBody": content}}]},
}


def as_base64(content: str) -> str:
    """Return the text's bytes in base64, half a surrogate pair included."""
    return base64.b64encode(content.encode("utf-8", "surrogatepass")).decode()


@dataclass(frozen=True)
class Seen:
    """The effects of a delivery: its log line, and the keys in the bucket."""

    line: dict[str, Any]
    keys: list[str]

    @property
    def results(self) -> list[str]:
        """The keys that are no dead letters."""
        return [key for key in self.keys if not key.startswith("ci-callback/dead-letter/")]


Deliver = Callable[..., Seen]
