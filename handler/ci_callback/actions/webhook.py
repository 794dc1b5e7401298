"""The action `post`: a result to an HTTPS URL that the configuration names, signed by the Standard Webhooks scheme.

The address is fixed before anything is sent: the name is resolved once, every address must be public, and the
connection is made to one of these. A redirect counts as a refusal.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import socket
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import certifi
import urllib3
from standardwebhooks import Webhook

from ci_callback.config.then import is_public
from ci_callback.errors import ActionRefused, ActionUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from urllib.parse import SplitResult

    from .message import Event

# Bytes: a longer message has the location of the result only.
MOST = 1_000_000

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def send(url: str, message: Event, secrets: Sequence[str], timeout_s: float, stand_in: str = "") -> None:
    """Post once, to `stand_in` where there is one; raise ActionUnavailable or ActionRefused. The body is not read."""
    parts = urlsplit(url)
    content = message.text(MOST)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "ci-callback"}
    headers |= _signed(message.id, content, secrets)
    try:
        with _pool(parts, timeout_s, stand_in) as pool:
            answer = pool.urlopen(
                "POST", target, content.encode(), headers, retries=False, redirect=False, preload_content=False
            )
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ActionUnavailable(f"{parts.hostname} could not be reached: {type(error).__name__}.") from None
    _judge(answer.status, str(parts.hostname))


def _signed(id_: str, content: str, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of the scheme, with a signature for each secret, so that a receiver can change to the next."""
    now = datetime.now(timezone.utc)
    signatures = [Webhook(secret).sign(id_, now, content) for secret in secrets]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _pool(url: SplitResult, timeout_s: float, stand_in: str) -> urllib3.HTTPConnectionPool:
    """Return connections to the URL's host at a checked address; raise ActionRefused."""
    timeout = urllib3.Timeout(connect=timeout_s, read=timeout_s)
    if stand_in:
        return urllib3.connection_from_url(stand_in, timeout=timeout)
    host = str(url.hostname)
    port = url.port or 443
    return urllib3.HTTPSConnectionPool(
        _public_address(host, port),
        port,
        timeout=timeout,
        ca_certs=certifi.where(),
        cert_reqs="CERT_REQUIRED",
        server_hostname=host,
        assert_hostname=host,
    )


def _public_address(host: str, port: int) -> str:
    """Return an address of a host, all of whose addresses are public."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(is_public(address) for address in found):
        raise ActionRefused(f"{host} has an address that is not public; nothing was sent.")
    # SCF has IPv4 only
    return min(found, key=lambda address: ":" in address)


def _judge(status: int, host: str) -> None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ActionUnavailable(f"{host} answered {status}.")
    raise ActionRefused(f"{host} answered {status}.")
