"""A web server for the action `{"post": "https://…"}`: it verifies each message, and handles it once.

    WEBHOOK_SECRET=whsec_… python examples/receive_webhook.py

It needs `standardwebhooks`, and a proxy in front of it that has the certificate.
"""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LONGEST = 1_000_000  # bytes: no message is longer
ADDRESS = ("127.0.0.1", 8000)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to a message that it has handled, now or before; any other answer makes ci-callback send it again."""

    secret = ""
    handled: set[str]  # ids; a database in earnest

    def do_POST(self) -> None:
        """Verify and handle a message."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LONGEST:
            self.answer(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            message = Webhook(self.secret).verify(self.rfile.read(length), headers)
        except WebhookVerificationError:
            self.answer(401)
            return
        if message["id"] not in self.handled:
            self.handle_message(message)
            self.handled.add(message["id"])
        self.answer(204)

    def handle_message(self, message: dict[str, Any]) -> None:
        """Handle a stored result, or a notice of ON_DEAD_LETTER; their forms are in schemas/function/message.json."""
        data = message["data"]
        sys.stdout.write(f"{message['type']}: {data.get('bucket', '-')}/{data.get('key', '-')}\n")

    def answer(self, status: int) -> None:
        """Answer without a body."""
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log no request."""


def server(address: tuple[str, int], secret: str) -> ThreadingHTTPServer:
    """Return a server with a key of WEBHOOK_SECRET."""
    receiver = type("Receiver", (Receiver,), {"secret": secret, "handled": set()})
    return ThreadingHTTPServer(address, receiver)


if __name__ == "__main__":
    server(ADDRESS, os.environ["WEBHOOK_SECRET"]).serve_forever()
