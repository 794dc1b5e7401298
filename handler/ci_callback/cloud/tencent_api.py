"""Tencent Cloud's API 3.0, through the common client of its SDK: one call, one mapping of its errors.

Imported only where a service is called: Secrets Manager for tokens, others by the actions after a result.
https://cloud.tencent.com/document/product/1278/85305.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException

from .connection import Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tencentcloud.common.http.request import RequestInternal

    from .credentials import Credentials
    from .deadline import Patience
    from .transport import Transport

# At DEBUG the SDK logs the key it signs with, and every answer: a secret itself.
_log = logging.getLogger("tencentcloud_sdk_common")
_log.setLevel(logging.WARNING)
_log.propagate = False

_TRANSIENT = ("ClientNetworkError", "ServerNetworkError", "InternalError", "RequestLimitExceeded")

_LARGEST = 1_000_000  # bytes of an answer

_UNREADABLE = "ServerNetworkError.Unreadable"  # our own code: the answer is not the API's


class Operation(NamedTuple):
    """An action of a service, in one version of its API."""

    service: str
    version: str
    action: str


class ApiError(Exception):
    """An operation failed; `code` is the service's, and short."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def is_transient(self, of_service: tuple[str, ...]) -> bool:
        """Return whether the same call may succeed later, by codes that all services share or those of this one."""
        return self.code.startswith(_TRANSIENT + of_service)


class Caller(NamedTuple):
    """The way out, and the key and region that calls are made with."""

    transport: Transport
    credentials: Credentials
    region: str

    def call(self, operation: Operation, parameters: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        """Return the `Response` of one call; raise ApiError, and Unavailable where there is no answer."""
        key = Credential(self.credentials.secret_id, self.credentials.secret_key, self.credentials.token)
        client = CommonClient(operation.service, operation.version, key, self.region)
        client.request = _Sender(self.transport, patience)
        try:
            response = client.call_json(operation.action, parameters)["Response"]
            code = response.get("Error", {}).get("Code", "")
        except TencentCloudSDKException as error:
            raise ApiError(str(error.get_code())[:64]) from None
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise ApiError(_UNREADABLE) from None
        if code or "RequestId" not in response:
            raise ApiError(str(code)[:64] or _UNREADABLE)
        return dict(response)


class _Sender:
    """Sends the requests that the SDK has signed, in the place of its own session."""

    def __init__(self, transport: Transport, patience: Patience) -> None:
        self._transport = transport
        self._patience = patience

    def send_request(self, signed: RequestInternal) -> _Response:
        """Send a request; raise Unavailable."""
        body = signed.data.encode()
        headers = {**signed.header, "Content-Length": str(len(body))}
        outgoing = Outgoing(signed.method, f"https://{signed.host}{signed.uri}", headers, body)
        return _Response(*self._transport.exchange(outgoing, self._patience, _LARGEST))


class _Response:
    """An answer as the SDK reads it."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code = status
        self.headers = {"Content-Type": headers.get("content-type")}
        self.content = content
