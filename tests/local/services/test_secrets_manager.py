"""Secrets Manager in the local cloud, asked through the unmodified SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from local.cos.server import LocalCos
from tests.support.sdk_client import BUCKET, CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a running local cloud."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as running:
        yield running


def read(cos: LocalCos) -> str:
    """Return the secret's text by way of the SDK."""
    http = HttpProfile(protocol="http", endpoint=cos.address.removeprefix("http://"))
    credential = Credential(CREDENTIALS.secret_id, CREDENTIALS.secret_key, CREDENTIALS.token)
    client = CommonClient("ssm", "2019-09-23", credential, REGION, ClientProfile(httpProfile=http))
    answer = client.call_json("GetSecretValue", {"SecretName": "name", "VersionId": "v1"})
    return str(answer["Response"]["SecretString"])


def test_secret_is_returned_and_the_request_recorded(cos: LocalCos) -> None:
    """The text is the current one; the request is not one to COS."""
    for text in ("one", "other"):
        cos.secrets.text = text
        assert read(cos) == text
    assert [wanted for _, wanted in cos.secrets.asked] == [{"SecretName": "name", "VersionId": "v1"}] * 2
    assert cos.secrets.asked[0][0]["x-tc-token"] == CREDENTIALS.token
    assert cos.requests == []


@pytest.mark.parametrize("code", ["", "InternalError"])
def test_error_code_is_returned(code: str, cos: LocalCos) -> None:
    """Without a secret it is ResourceNotFound."""
    cos.secrets.code = code
    with pytest.raises(TencentCloudSDKException) as error:
        read(cos)
    assert error.value.get_code() == (code or "ResourceNotFound")


def test_service_that_is_down_does_not_answer(cos: LocalCos) -> None:
    """The connection ends without an answer."""
    cos.secrets.down = True
    with pytest.raises(TencentCloudSDKException) as error:
        read(cos)
    assert error.value.get_code() == "ClientNetworkError"
