"""The way out of an instance: one session while it is warm, attempts repeated where that helps, requests counted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ci_callback.errors import Unavailable

from .deadline import RequestThreads, is_over
from .deferred_imports import placeholders

with placeholders():
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from .deadline import Deadline

_Result = TypeVar("_Result")

ATTEMPTS = 3  # of a request, at most

# The SDK logs every 4xx as an error, with the vendor's XML, and at DEBUG the signing key; urllib3 logs every repeated
# request with its path. The canonical line has all of it, without text that a caller chose.
for _name in ("qcloud_cos", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
    logging.getLogger(_name).propagate = False


class _Retries(Retry):
    """Retries that end with the invocation: a late replacement could put an older result over a newer one."""

    def sleep(self, response: Any = None) -> None:
        """Wait before the next attempt; raise Unavailable once the deadline has passed."""
        if is_over():
            raise Unavailable("No time was left for another attempt.")
        super().sleep(response)


class _Adapter(HTTPAdapter):
    """Requests retried by urllib3, counted, and sent to COS_ENDPOINT where it is set."""

    def __init__(self, endpoint: str) -> None:
        retries = _Retries(
            total=ATTEMPTS - 1,
            status_forcelist=(429, 500, 502, 503, 504),
            # PUT too: the write protocol recognises one that was carried out unseen. A POST would order twice.
            allowed_methods={"DELETE", "GET", "HEAD", "PUT"},
            backoff_factor=0.1,
            backoff_jitter=0.1,
            respect_retry_after_header=False,  # it may outlast the function
            raise_on_status=False,
        )
        super().__init__(max_retries=retries)
        self._endpoint = endpoint
        self.sent = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a signed request, to COS_ENDPOINT where it is set, with its Host header unchanged."""
        if self._endpoint:
            url = urlsplit(str(request.url))
            request.headers["Host"] = url.netloc
            request.url = f"{self._endpoint}{url.path}" + (f"?{url.query}" if url.query else "")
        self.sent += 1
        response = super().send(request, *args, **kwargs)
        response.encoding = response.encoding or "utf-8"  # else the SDK has it guessed for every refusal
        self.sent += len(response.raw.retries.history)  # type: ignore[union-attr]  # never None: __init__ sets it
        return response


class Transport:
    """One session with its threads, for as long as the instance is warm."""

    def __init__(self, endpoint: str = "") -> None:
        self._adapter = _Adapter(endpoint)
        self._threads = RequestThreads()
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy and no .netrc
        self.session.mount("https://", self._adapter)
        self.session.mount("http://", self._adapter)

    @property
    def sent(self) -> int:
        """The number of HTTP requests so far; an instance serves one event at a time, so differences are an event's."""
        return self._adapter.sent

    def run(self, deadline: Deadline, work: Callable[[], _Result]) -> _Result:
        """Return what `work` returns, raise what it raises, or raise Unavailable when the deadline passes first."""
        return self._threads.run(deadline, work)
