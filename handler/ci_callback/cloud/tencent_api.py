"""Tencent Cloud's API 3.0, through the common client of its SDK: one call, one mapping of its errors.

Imported only where a service is called: Secrets Manager for tokens, others by the actions after a result.
https://cloud.tencent.com/document/product/1278/85305.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .credentials import Credentials

# At DEBUG the SDK logs the key it signs with, and every answer: a secret itself.
_log = logging.getLogger("tencentcloud_sdk_common")
_log.setLevel(logging.WARNING)
_log.propagate = False

_TRANSIENT = ("ClientNetworkError", "ServerNetworkError", "InternalError", "RequestLimitExceeded")

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

    @property
    def is_transient(self) -> bool:
        """Return whether the same call may succeed later, by the codes that all services share."""
        return self.code.startswith(_TRANSIENT)


class Caller(NamedTuple):
    """The key and region that calls are made with; `endpoint` replaces every service where it is set."""

    credentials: Credentials
    region: str
    endpoint: str

    def call(self, operation: Operation, parameters: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Return the `Response` of one call; raise ApiError."""
        key, endpoint = self.credentials, urlsplit(self.endpoint)
        http = HttpProfile(protocol=endpoint.scheme or "https", endpoint=endpoint.netloc or None, reqTimeout=timeout_s)
        client = CommonClient(
            operation.service,
            operation.version,
            Credential(key.secret_id, key.secret_key, key.token),
            self.region,
            ClientProfile(httpProfile=http),
        )
        try:
            response: dict[str, Any] = client.call_json(operation.action, parameters)["Response"]
        except TencentCloudSDKException as error:
            raise ApiError(str(error.get_code())[:64]) from None
        except (KeyError, TypeError, ValueError):
            raise ApiError(_UNREADABLE) from None
        return response
