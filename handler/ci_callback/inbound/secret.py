"""Tokens from Secrets Manager: the secret that CALLBACK_SECRET names, read at most every five minutes.

https://cloud.tencent.com/document/product/1140/40522 (GetSecretValue). The SDK is imported only when a secret is named.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from ci_callback.config.settings import read_tokens
from ci_callback.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from ci_callback.cloud.credentials import Credentials
    from ci_callback.cloud.deadline import Deadline
    from ci_callback.cloud.transport import Transport

# How long tokens are used without asking again; how soon to ask again when the service did not answer.
_FRESH_S = 300.0
_AGAIN_S = 15.0

_TIMEOUT_S = 3

# The current version of a secret that the service rotates itself.
_CURRENT = "SSM_Current"


class Secret:
    """The tokens of a secret, kept while the instance is warm, also while the service is down."""

    def __init__(self, name: str, transport: Transport, *, region: str, endpoint: str = "") -> None:
        self._name, _, version = name.partition("/")
        self._version = version or _CURRENT
        self._transport = transport
        self._region = region
        self._endpoint = endpoint
        self._tokens: tuple[str, ...] = ()
        self._ask_again_at = 0.0

    def tokens(self, key: Credentials, deadline: Deadline) -> tuple[str, ...]:
        """Return the tokens; raise Unavailable or Misconfigured if none were ever read."""
        if self._tokens and time.monotonic() < self._ask_again_at:
            return self._tokens
        try:
            self._tokens = _read(self._transport.run(deadline, lambda: self._fetch(key)))
        except (Unavailable, Misconfigured):
            if not self._tokens:
                raise
            self._ask_again_at = time.monotonic() + _AGAIN_S
        else:
            self._ask_again_at = time.monotonic() + _FRESH_S
        return self._tokens

    def _fetch(self, key: Credentials) -> str:
        from ci_callback.cloud import tencent_api  # noqa: PLC0415  # imports the SDK, only if a secret is configured

        caller = tencent_api.Caller(key, self._region, self._endpoint)
        operation = tencent_api.Operation("ssm", "2019-09-23", "GetSecretValue")
        try:
            answer = caller.call(operation, {"SecretName": self._name, "VersionId": self._version}, _TIMEOUT_S)
        except tencent_api.ApiError as error:
            if error.is_transient:
                raise Unavailable(f"Secrets Manager did not answer: {error.code}.") from None
            raise Misconfigured([f"CALLBACK_SECRET: Secrets Manager refuses {self._name}: {error.code}."]) from None
        return str(answer.get("SecretString") or "")


def _read(text: str) -> tuple[str, ...]:
    """Return the tokens of a secret's text, a JSON list or comma-separated; raise Misconfigured, without the text."""
    try:
        listed = json.loads(text) if text.lstrip().startswith("[") else text
        return read_tokens(",".join(listed) if isinstance(listed, list) else listed)
    except json.JSONDecodeError:
        raise Misconfigured(["CALLBACK_SECRET: the secret is no JSON list of tokens."]) from None
    except (TypeError, ValueError) as error:
        raise Misconfigured([f"CALLBACK_SECRET: the secret does not hold tokens: {error}."]) from None
