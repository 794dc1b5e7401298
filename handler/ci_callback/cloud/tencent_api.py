"""Tencent Cloud's API 3.0 as its SDK speaks it: who asks, where, for how long, and which refusals may pass.

Imported only where a service is asked: Secrets Manager for tokens, others by the actions after a result.
https://cloud.tencent.com/document/product/1278/85305.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

if TYPE_CHECKING:
    from tencentcloud.common.exception import TencentCloudSDKException

    from .credentials import Credentials

# At DEBUG the SDK logs the key it signs with, and what it is answered: a secret itself.
_log = logging.getLogger("tencentcloud_sdk_common")
_log.setLevel(logging.WARNING)
_log.propagate = False

# How the codes begin of what may work later, whichever service says it.
TRANSIENT = ("ClientNetworkError", "ServerNetworkError", "InternalError", "RequestLimitExceeded")


class Caller(NamedTuple):
    """On whose behalf, and where: `endpoint` stands in for every service where it is set."""

    credentials: Credentials
    region: str
    endpoint: str

    def arguments(self, timeout_s: float) -> tuple[Credential, str, ClientProfile]:
        """Return what every client of the SDK is made with."""
        key, endpoint = self.credentials, urlsplit(self.endpoint)
        http = HttpProfile(protocol=endpoint.scheme or "https", endpoint=endpoint.netloc or None, reqTimeout=timeout_s)
        credential = Credential(key.secret_id, key.secret_key, key.token)
        return credential, self.region, ClientProfile(httpProfile=http)


def code_of(error: TencentCloudSDKException) -> str:
    """Return an error's code, fit for a sentence."""
    return str(error.get_code())[:64]
