"""Tokens from Secrets Manager: the secret that CALLBACK_SECRET names, read at most every five minutes.

An answer counts, also that the secret is deleted or disabled; only while there is none do tokens last, for a day.
https://cloud.tencent.com/document/product/1140/40522 (GetSecretValue). The SDK is imported only when a secret is named.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from ci_callback.config.settings import DEMO_TOKEN, read_tokens
from ci_callback.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from ci_callback.cloud.credentials import Credentials
    from ci_callback.cloud.deadline import Deadline, Patience
    from ci_callback.cloud.transport import Transport

# How long tokens are used without asking again; how soon to ask again after a failure, that one included where no
# tokens were ever read: a flood of requests must not become one of lookups.
_FRESH_S = 300.0
_AGAIN_S = 15.0

# How long tokens count while Secrets Manager does not answer: longer than an outage, but not for ever.
_STALE_S = 86_400.0

# Besides those of all services: the key that encrypts the secret cannot be reached, or too many requests.
_TRANSIENT = ("FailedOperation", "LimitExceeded")

# The current version of a secret that the service rotates itself.
_CURRENT = "SSM_Current"


class Secret:
    """The tokens of a secret, kept while the instance is warm; the public token is one only in a local run."""

    def __init__(self, name: str, transport: Transport, *, region: str, is_local: bool) -> None:
        self._name, _, version = name.partition("/")
        self._version = version or _CURRENT
        self._transport = transport
        self._region = region
        self._is_local = is_local
        self._tokens: tuple[str, ...] = ()
        self._failure: Unavailable | Misconfigured | None = None
        self._ask_again_at = 0.0
        self._stale_at = 0.0

    def tokens(self, key: Credentials, deadline: Deadline) -> tuple[str, ...]:
        """Return the tokens last read; raise Misconfigured if the secret has none, Unavailable if that is unknown."""
        if time.monotonic() >= self._ask_again_at:
            self._ask(key, deadline)
        if self._failure is not None and time.monotonic() >= self._stale_at:
            raise self._failure.with_traceback(None)  # else it would grow each time
        return self._tokens

    def _ask(self, key: Credentials, deadline: Deadline) -> None:
        """Read the tokens again, or note why that failed."""
        try:
            self._tokens = self._read(self._fetch(key, deadline.patience(1)))
        except Unavailable as error:
            self._failure = error
        except Misconfigured as error:
            self._failure, self._stale_at = error, 0.0
        else:
            self._failure, self._stale_at = None, time.monotonic() + _STALE_S
        self._ask_again_at = time.monotonic() + (_FRESH_S if self._failure is None else _AGAIN_S)

    def _read(self, text: str) -> tuple[str, ...]:
        """Return the tokens of a secret's text; raise Misconfigured, without the text."""
        found = _read(text)
        if DEMO_TOKEN in found and not self._is_local:
            raise Misconfigured(["CALLBACK_SECRET: the secret has the token of the local cloud, which is public."])
        return found

    def _fetch(self, key: Credentials, patience: Patience) -> str:
        from ci_callback.cloud import tencent_api  # noqa: PLC0415  # imports the SDK, only if a secret is configured

        caller = tencent_api.Caller(self._transport, key, self._region)
        operation = tencent_api.Operation("ssm", "2019-09-23", "GetSecretValue")
        try:
            answer = caller.call(operation, {"SecretName": self._name, "VersionId": self._version}, patience)
        except tencent_api.ApiError as error:
            if error.is_transient(_TRANSIENT):
                raise Unavailable(f"Secrets Manager did not answer: {error.code}.") from None
            raise Misconfigured([f"CALLBACK_SECRET: Secrets Manager refuses {self._name}: {error.code}."]) from None
        return str(answer.get("SecretString") or "")


def _read(text: str) -> tuple[str, ...]:
    """Return the tokens of a secret's text, a JSON list or comma-separated; raise Misconfigured, without the text."""
    try:
        listed = json.loads(text) if text.lstrip().startswith("[") else text
        return read_tokens(",".join(listed) if isinstance(listed, list) else listed)
    except (json.JSONDecodeError, RecursionError):
        raise Misconfigured(["CALLBACK_SECRET: the secret is no JSON list of tokens."]) from None
    except (TypeError, ValueError) as error:
        raise Misconfigured([f"CALLBACK_SECRET: the secret does not hold tokens: {error}."]) from None
