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
    from ci_callback.cloud.deadline import Deadline, Patience
    from ci_callback.cloud.transport import Transport

# How long tokens are used without asking again; how soon to ask again after a failure, that one included where no
# tokens were ever read: a flood of requests must not become one of questions.
_FRESH_S = 300.0
_AGAIN_S = 15.0

# The current version of a secret that the service rotates itself.
_CURRENT = "SSM_Current"


class Secret:
    """The tokens of a secret, kept while the instance is warm, also while the service is down."""

    def __init__(self, name: str, transport: Transport, *, region: str) -> None:
        self._name, _, version = name.partition("/")
        self._version = version or _CURRENT
        self._transport = transport
        self._region = region
        self._tokens: tuple[str, ...] = ()
        self._failure: Unavailable | Misconfigured | None = None
        self._ask_again_at = 0.0

    def tokens(self, key: Credentials, deadline: Deadline) -> tuple[str, ...]:
        """Return the tokens; raise Unavailable or Misconfigured if none were ever read."""
        if time.monotonic() >= self._ask_again_at:
            self._ask(key, deadline)
        if self._failure is not None and not self._tokens:
            raise self._failure.with_traceback(None)  # else it would grow each time
        return self._tokens

    def _ask(self, key: Credentials, deadline: Deadline) -> None:
        """Read the tokens again, or note why that failed."""
        try:
            self._tokens = _read(self._fetch(key, deadline.patience(1)))
            self._failure = None
        except (Unavailable, Misconfigured) as error:
            self._failure = error
        self._ask_again_at = time.monotonic() + (_FRESH_S if self._failure is None else _AGAIN_S)

    def _fetch(self, key: Credentials, patience: Patience) -> str:
        from ci_callback.cloud import tencent_api  # noqa: PLC0415  # imports the SDK, only if a secret is configured

        caller = tencent_api.Caller(self._transport, key, self._region)
        operation = tencent_api.Operation("ssm", "2019-09-23", "GetSecretValue")
        try:
            answer = caller.call(operation, {"SecretName": self._name, "VersionId": self._version}, patience)
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
