"""Secrets Manager on your machine: GetSecretValue (document 1140/40522), as far as a function asks for its tokens.

Signatures are not checked; they are in `asked`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.http.message import Delivery, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.http.message import Request

# The header that distinguishes a request of the Tencent Cloud API (3.0) from one to COS; its host is the endpoint.
ACTION = "x-tc-action"


@dataclass
class SecretsManager:
    """Answers with the secret's `text` under any name; with an error `code`; or not at all (`down`).

    `asked` has the requests so far: their headers, names in lower case, and their parameters.
    """

    text: str | None = None  # None for no secret
    code: str = ""
    message: str = "A fault of the local cloud."
    down: bool = False
    asked: list[tuple[Mapping[str, str], Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """Answer a request of the Tencent Cloud API."""
        wanted = json.loads(request.body)
        self.asked.append(({name.lower(): value for name, value in request.headers}, wanted))
        if self.down:
            return Response(0, delivery=Delivery("nothing"))
        if self.code:
            return api_response({"Error": {"Code": self.code, "Message": self.message}})
        if self.text is None:
            return api_response({"Error": {"Code": "ResourceNotFound", "Message": "There is no such secret."}})
        return api_response({"SecretName": wanted["SecretName"], "SecretString": self.text})


def api_response(content: Mapping[str, Any]) -> Response:
    """Return a response of the Tencent Cloud API."""
    body = json.dumps({"Response": {**content, "RequestId": "local"}}).encode()
    return Response(200, (("Content-Type", "application/json"),), body)
