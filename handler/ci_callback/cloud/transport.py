"""How requests leave: over one session that lives while the instance is warm, tried again where that may help."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from ci_callback.errors import Unavailable

from .deadline import is_over
from .deferred_imports import placeholders

with placeholders():
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

TRIES = 3  # of a request, at most

# The SDK logs every 4xx as an error, with the vendor's XML, and at DEBUG the signing key; urllib3 logs every repeated
# request with its path. Our own line says it better, and without text that a caller chose.
for _name in ("qcloud_cos", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
    logging.getLogger(_name).propagate = False


class _Tries(Retry):
    """Tries that end with the invocation: a replacement that came late could put an older result over a newer one."""

    def sleep(self, response: Any = None) -> None:
        """Wait before the next try; raise Unavailable when nobody waits for it any more."""
        if is_over():
            raise Unavailable("No time was left for another try.")
        super().sleep(response)


class Transport(HTTPAdapter):
    """How requests leave: retried by urllib3, counted, and to a stand-in where COS_ENDPOINT names one.

    `sent` counts the HTTP requests since the process began. One instance of the function serves one event at a time, so
    the difference over an invocation is what the invocation sent.
    """

    def __init__(self, endpoint: str = "") -> None:
        retry = _Tries(
            total=TRIES - 1,
            status_forcelist=(429, 500, 502, 503, 504),
            # PUT too: one that was carried out unseen is recognised by the write protocol. A POST would order twice.
            allowed_methods={"DELETE", "GET", "HEAD", "PUT"},
            backoff_factor=0.1,
            backoff_jitter=0.1,
            respect_retry_after_header=False,  # it may outlast the function
            raise_on_status=False,
        )
        super().__init__(max_retries=retry)
        self._endpoint = endpoint
        self.sent = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a signed request; with a stand-in, there, with its Host header unchanged."""
        if self._endpoint:
            url = urlsplit(str(request.url))
            request.headers["Host"] = url.netloc
            request.url = f"{self._endpoint}{url.path}" + (f"?{url.query}" if url.query else "")
        self.sent += 1
        response = super().send(request, *args, **kwargs)
        response.encoding = response.encoding or "utf-8"  # else the SDK has it guessed for every refusal
        self.sent += len(response.raw.retries.history)  # type: ignore[union-attr]  # never None: __init__ sets it
        return response


def open_session(transport: Transport) -> requests.Session:
    """Return a session that keeps its connections while the instance is warm."""
    session = requests.Session()
    session.trust_env = False  # no proxy and no .netrc may come between
    session.mount("https://", transport)
    session.mount("http://", transport)
    return session
