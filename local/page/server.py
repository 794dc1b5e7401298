"""The page of `make serve`: deliveries and their outcomes, in a browser on this machine.

    GET  /                      the page itself, from assets/
    GET  /api/state?after=N     the deliveries that have changed since change N, the faults, the bucket's stamp
    GET  /api/deliveries/<n>    one delivery in full
    GET  /api/bucket            the bucket's keys
    GET  /api/object?key=…      one object, always inside JSON, never as a document of this origin
    GET  /api/choices           the choices of the form
    POST /api/send              {"recorded": "replay"}, {"generated": {"tag": "Tts", …}}, {"command": "doctor"}
                                or {"own": {"body": "<base64>", "trigger": "function-url"}}
    PUT  /api/faults            {"text": "flaky"}
    POST /api/reset             {}: empty the bucket but for the input, and the list of deliveries

It listens on 127.0.0.1 alone. Other pages in the same browser can reach that too, so a request must name this address
in Host (against DNS rebinding), and one that changes something must have this page as its origin.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.defaults import BUCKET
from local.events.generated import BadOrderError
from local.events.recorded import BadEventFileError
from local.faults.requests import BadFaultsError, Faults
from local.http.message import Request, Response
from local.http.server import Service
from local.page.delivery import MOST_TEXT, text_of
from local.page.events import BadRequestError, choices, wanted_event

if TYPE_CHECKING:
    from local.cloud import LocalCloud
    from local.page.feed import Feed

FILES = Path(__file__).with_name("assets")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Scripts and styles of this origin alone, and no text becomes markup, since callbacks may contain any text.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
_DELIVERY = re.compile(r"/api/deliveries/([0-9]{1,9})")
_MOST_KEYS = 2000  # of the bucket that are shown
_LARGEST_REQUEST = 9 << 20  # a body of 6 MB in base64


class Page(Service):
    """Listens from construction, answers from `start` to `stop` (or inside a `with`).

    `feed` records the cloud's deliveries. Stop the page first: an event sent by it ends with the cloud.
    """

    def __init__(self, cloud: LocalCloud, feed: Feed, *, port: int = 0) -> None:
        super().__init__(port)
        self._cloud = cloud
        self._feed = feed
        self._files = {f"/{path.name}": path for path in FILES.iterdir() if path.suffix in _TYPES}
        self._files["/"] = self._files["/index.html"]

    def _answer(self, request: Request) -> Response:
        answer = self._refusal(request) or self._routed(request)
        return replace(answer, headers=(*answer.headers, *_HEADERS))

    def _refusal(self, request: Request) -> Response | None:
        """Return the refusal of a request from elsewhere, None for any other."""
        hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        host = request.header("host")
        if host not in hosts:
            return _error(421, f"This is {self.address}/ and nothing else.")
        if request.method in {"GET", "HEAD"}:
            return None
        # No form can send JSON, and a script of another origin would need a preflight, which is refused.
        if request.header("content-type").partition(";")[0].strip().lower() != "application/json":
            return _error(415, "Send JSON, with Content-Type: application/json.")
        if request.header("origin") not in {"", f"http://{host}"}:
            return _error(403, "Only the page itself may ask for this.")
        return _error(413, "That is too much.") if len(request.body) > _LARGEST_REQUEST else None

    def _routed(self, request: Request) -> Response:
        routes = {
            ("GET", "/api/state"): self._state,
            ("GET", "/api/bucket"): self._bucket,
            ("GET", "/api/object"): self._object,
            ("GET", "/api/choices"): self._choices,
            ("POST", "/api/send"): self._send,
            ("PUT", "/api/faults"): self._set_faults,
            ("POST", "/api/reset"): self._reset,
        }
        if answer := routes.get((request.method, request.path)):
            return answer(request)
        if any(path == request.path for _, path in routes):
            return _error(405, "Not by that method.")
        if request.method not in {"GET", "HEAD"}:
            return _error(405, "Only to be read.")
        if match := _DELIVERY.fullmatch(request.path):
            return self._delivery(int(match[1]))
        file = self._files.get(request.path)
        if file is None:
            return _error(404, "There is no such page.")
        return Response(200, (("Content-Type", _TYPES[file.suffix]),), file.read_bytes())

    def _state(self, request: Request) -> Response:
        after = request.query_texts.get("after") or "0"
        if not re.fullmatch(r"[0-9]{1,15}", after):
            return _error(400, "after: a number, as an earlier answer had it in `change`.")
        changed = self._feed.since(int(after))
        return _json(
            {
                "run": self._feed.run,
                "change": changed[-1].change if changed else int(after),
                "deliveries": [each.line() for each in changed],
                "faults": self._cloud.cos.faults.summary,
                "bucket": str(hash(tuple(self._cloud.cos.listing(BUCKET)))),
            }
        )

    def _delivery(self, number: int) -> Response:
        delivery = self._feed.get(number)
        if delivery is None:
            return _error(404, "Only the newest deliveries are kept, and this is none of them.")
        return _json(delivery.details())

    def _bucket(self, _: Request) -> Response:
        keys = self._cloud.cos.listing(BUCKET)
        objects = [{"key": each.name, "size": each.size} for each in keys[:_MOST_KEYS]]
        return _json({"bucket": BUCKET, "objects": objects, "left_out": len(keys) - len(objects)})

    def _object(self, request: Request) -> Response:
        key = request.query_texts.get("key", "")
        if key not in self._cloud.listing():
            return _error(404, "There is no such object.")
        found = self._cloud.cos.get(BUCKET, key)
        text = text_of(found.body)
        return _json(
            {
                "key": key,
                "size": len(found.body),
                "type": found.content_type,
                "metadata": dict(found.metadata),
                "text": None if text is None else text[:MOST_TEXT],
                "left_out": 0 if text is None else max(0, len(text) - MOST_TEXT),
            }
        )

    def _choices(self, _: Request) -> Response:
        addresses = {kind: trigger.address for kind, trigger in self._cloud.triggers.items()}
        faults = {name: Faults.parse(name).summary for name in ("none", "flaky")}
        return _json({**choices(), "addresses": addresses, "cos": self._cloud.cos.address, "faults": faults})

    def _send(self, request: Request) -> Response:
        try:
            event = wanted_event(request.body)
        except (BadRequestError, BadOrderError, BadEventFileError) as bad:
            return _error(400, str(bad))
        # The feed shows its end; waiting here would delay the stop of the page.
        threading.Thread(target=self._cloud.invoke, args=(event,), name="local-page-send").start()
        return _json({}, status=202)

    def _reset(self, _: Request) -> Response:
        self._cloud.reset()
        self._feed.clear()
        return _json({})

    def _set_faults(self, request: Request) -> Response:
        try:
            self._cloud.cos.faults = Faults.parse(json.loads(request.body)["text"])
        except BadFaultsError as bad:
            return _error(400, str(bad))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _error(400, 'Send {"text": "flaky"}, or another value of `--faults`.')
        return _json({"faults": self._cloud.cos.faults.summary})


def _json(value: Any, *, status: int = 200) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value, allow_nan=False).encode())


def _error(status: int, message: str) -> Response:
    return _json({"error": message}, status=status)
