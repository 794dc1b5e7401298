"""COS V5 signatures, ours to verify against the vendor's SDK that makes them."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from qcloud_cos import CosConfig
from qcloud_cos.cos_auth import CosS3Auth

from local.cos.signature import Credentials, verify
from local.http.message import Request
from local.http.xml import ServiceError

CREDENTIALS = Credentials("AKIDtest", "secret-key", "session-token")
HOST = "test-1234567890.cos.ap-chongqing.myqcloud.com"

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), min_size=1, max_size=30)
wire_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


def sdk_request(
    method: str = "PUT",
    key: str = "input/中文.json",
    params: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    *,
    sign_host: bool = True,
) -> Request:
    """Return a request as the SDK signs it and a server gets it."""
    config = CosConfig(
        Region="ap-chongqing",
        SecretId=CREDENTIALS.secret_id,
        SecretKey=CREDENTIALS.secret_key,
        SignHost=sign_host,
        SignParams=True,
    )
    prepared = requests.Request(
        method,
        config.uri("test-1234567890", key),
        params=params,
        headers={"x-cos-security-token": CREDENTIALS.token, **(headers or {})},
        auth=CosS3Auth(config, key, params or {}),
    ).prepare()
    named = {"Host": HOST, **prepared.headers}
    return Request(method, prepared.path_url, tuple((name, str(value)) for name, value in named.items()), b"")


def check(request: Request, *, credentials: Credentials = CREDENTIALS, seconds_later: int = 0) -> None:
    """Verify as the local COS does."""
    now = time.time() + seconds_later
    verify(request, credentials, now=now, token_header="x-cos-security-token")


def with_authorization(request: Request, authorization: str) -> Request:
    """Return the same request with another signature."""
    others = tuple(pair for pair in request.headers if pair[0] != "Authorization")
    return replace(request, headers=(*others, ("Authorization", authorization)))


@given(
    method=st.sampled_from(["GET", "PUT", "HEAD", "DELETE", "POST"]),
    key=text.filter(lambda key: not key.startswith("/") and not {".", ".."} & set(key.split("/"))),
    params=st.dictionaries(wire_text.filter(lambda name: name and name.lower() == name), text, max_size=3),
    metadata=wire_text,
)
def test_signature_of_the_sdk_verifies(method: str, key: str, params: dict[str, str], metadata: str) -> None:
    """Any method, key, query and metadata value that the SDK signs is accepted."""
    check(sdk_request(method, key, params, {"x-cos-meta-a": metadata}))


@given(st.data())
def test_signature_with_a_changed_byte_is_refused(data: st.DataObject) -> None:
    """Any other byte in the Authorization header fails."""
    request = sdk_request(params={"prefix": "a b", "marker": ""})
    authorization = request.header("authorization")
    at = data.draw(st.integers(0, len(authorization) - 1))
    byte = data.draw(st.characters(min_codepoint=1, max_codepoint=255).filter(lambda c: c != authorization[at]))
    with pytest.raises(ServiceError):
        check(with_authorization(request, authorization[:at] + byte + authorization[at + 1 :]))


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"target": "/input/other.json"},
        {"target": "/input/%E4%B8%AD%E6%96%87.json?prefix=b"},
    ],
)
def test_signature_of_another_request_is_refused(change: dict[str, str]) -> None:
    """Another method, key or query under the same signature fails."""
    request = replace(sdk_request(params={"prefix": "a"}), **change)  # type: ignore[arg-type]  # only its text fields
    with pytest.raises(ServiceError, match="SignatureDoesNotMatch"):
        check(request)


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (Credentials("AKIDother", "secret-key", "session-token"), "InvalidAccessKeyId"),
        (Credentials("AKIDtest", "other-key", "session-token"), "SignatureDoesNotMatch"),
        (Credentials("AKIDtest", "secret-key", "other-token"), "InvalidToken"),
        (Credentials("AKIDtest", "secret-key"), "InvalidToken"),
    ],
)
def test_other_credentials_are_refused_with_the_code(credentials: Credentials, code: str) -> None:
    """A wrong key id, key or token has a code of its own."""
    with pytest.raises(ServiceError, match=f"^{code}:"):
        check(sdk_request(), credentials=credentials)


@pytest.mark.parametrize(
    ("seconds_later", "message"),
    [(20_000, "AccessDenied: Request has expired"), (-20_000, "RequestTimeTooSkewed")],
)
def test_signature_outside_its_period_is_refused(seconds_later: int, message: str) -> None:
    """The signed period limits it on both sides."""
    with pytest.raises(ServiceError, match=message):
        check(sdk_request(), seconds_later=seconds_later)


def test_signature_without_the_host_is_refused() -> None:
    """It would be valid for any bucket."""
    with pytest.raises(ServiceError, match="host is not signed"):
        check(sdk_request(sign_host=False))


def test_port_of_the_host_is_not_signed() -> None:
    """`Host: <bucket>…:9000` verifies, since the client signed the name alone."""
    request = sdk_request()
    named = tuple((name, f"{HOST}:9000" if name == "Host" else value) for name, value in request.headers)
    check(replace(request, headers=named))


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "AccessDenied"),
        ("Basic abc", "SignatureDoesNotMatch"),
        (
            "q-sign-algorithm=md5&q-ak=a&q-sign-time=1;2&q-key-time=1;2&q-header-list=&q-url-param-list=&q-signature=",
            "SignatureDoesNotMatch",
        ),
    ],
)
def test_malformed_signature_is_refused(authorization: str, code: str) -> None:
    """A readable signature is required."""
    with pytest.raises(ServiceError, match=code):
        check(with_authorization(sdk_request(), authorization))


def test_missing_token_is_an_unknown_key() -> None:
    """A temporary key without its token does not exist."""
    request = sdk_request()
    bare = tuple(pair for pair in request.headers if pair[0] != "x-cos-security-token")
    with pytest.raises(ServiceError, match="InvalidAccessKeyId"):
        check(replace(request, headers=bare))


def test_repr_of_credentials_has_no_secret() -> None:
    """It may be logged."""
    assert repr(CREDENTIALS) == "Credentials(secret_id='AKIDtest')"
