"""Routes with actions, and readers of their results."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from tests.support.bodies import body, job
from tests.support.bucket import result_of
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from local.services.receivers import Receivers
    from tests.support.deployment import Answer

KEY = "audio/song.mp3.SoundHound.json"


SECRETS = [f"whsec_{base64.b64encode(bytes([each]) * 32).decode()}" for each in (1, 2)]

THEN: dict[str, dict[str, str]] = {
    "invoke": {"invoke": "my-function"},
    "publish": {"publish": "eb-abcdefgh"},
    "topic": {"topic": "ci-results"},
    "post": {"post": "https://example.com/hook/path-canary?a=b"},
}
KINDS = list(THEN)


def routes(*then: dict[str, str], key: str = "{object}.{tag}.json") -> str:
    """Return ROUTES with these actions for every result."""
    return json.dumps([{"tag": "*", "state": "*", "write": key, "then": list(then)}])


def kinds(receivers: Receivers) -> list[str]:
    """Return the kinds of the accepted messages, in order."""
    return [each.kind for each in receivers.taken()]


def first(answer: Answer) -> dict[str, str]:
    """Return the first job of the reply."""
    job_: dict[str, str] = answer.body["jobs"][0]
    return job_


def event_id(key: str = KEY, **more: Any) -> str:
    """Return the id of the messages about the result of a job under a key."""
    fields = job(**more)
    digest = hashlib.sha256(result_of(body(fields))).hexdigest()
    parts = [BUCKET, key, fields["JobId"], fields["State"], digest]
    return hashlib.sha256("".join(f"{len(each)}:{each}" for each in parts).encode()).hexdigest()[:32]


ID = event_id()
