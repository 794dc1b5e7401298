"""The action `post`: a result to an HTTPS URL that the configuration names, signed by the Standard Webhooks scheme.

Every address of the host must be public, and the connection is made to one of those that were looked at. A redirect
counts as a refusal.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from ci_callback.cloud.connection import Outgoing
from ci_callback.config.then import is_public
from ci_callback.errors import ActionRefused, ActionUnavailable, NotAllowed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci_callback.cloud.deadline import Patience
    from ci_callback.cloud.transport import Transport

    from .message import Event

# Bytes: a longer message has the location of the result only.
MOST = 1_000_000

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def send(transport: Transport, url: str, message: Event, secrets: Sequence[str], patience: Patience) -> None:
    """Post once; raise ActionUnavailable or ActionRefused. The content of the answer is not read."""
    host = urlsplit(url).netloc
    content = message.text(MOST).encode()
    headers = {"Host": host, "Content-Type": "application/json", "User-Agent": "ci-callback"}
    headers |= {"Content-Length": str(len(content)), **_signed(message.id, content.decode(), secrets)}
    try:
        answer = transport.exchange(Outgoing("POST", url, headers, content), patience, None, is_public)
    except NotAllowed as error:
        raise ActionRefused(str(error)) from None
    except Unavailable as error:
        raise ActionUnavailable(str(error)) from None
    _judge(answer.status, host)


def _signed(id_: str, content: str, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of the scheme, with a signature for each secret, so that a receiver can change to the next."""
    now = datetime.now(timezone.utc)
    signatures = [Webhook(secret).sign(id_, now, content) for secret in secrets]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _judge(status: int, host: str) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ActionUnavailable(f"{host} answered {status}.")
    raise ActionRefused(f"{host} answered {status}.")
