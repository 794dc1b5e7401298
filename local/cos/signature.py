r"""Verifies COS V5 request signatures, written from the vendor's description (document 436/7778).

    SignKey         HMAC-SHA1(SecretKey, q-key-time)
    HttpString      method \n path \n signed parameters \n signed headers \n
    StringToSign    sha1 \n q-sign-time \n SHA1(HttpString) \n
    q-signature     HMAC-SHA1(SignKey, StringToSign)

The errors for a bad one are in document 436/40105. Open: the code for a wrong session token, which no page names:
`InvalidToken` is S3's.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from local.http.xml import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.http.message import Request

_FIELDS = {
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
}
_PERIOD = re.compile(r"([0-9]{1,10});([0-9]{1,10})")


@dataclass(frozen=True)
class Credentials:
    """A key pair; with a session token they are a role's temporary ones."""

    secret_id: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def verify(request: Request, credentials: Credentials, *, now: float, token_header: str) -> None:
    """Verify that the request is signed with these credentials; raise ServiceError.

    `token_header` has the session token: `x-cos-security-token`, on CI hosts `x-ci-security-token`.
    """
    fields = _fields(request.header("authorization"))
    if not _same(fields["q-ak"], credentials.secret_id):
        raise ServiceError(403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records")
    _check_token(request.header(token_header), credentials.token)
    if "host" not in fields["q-header-list"].split(";"):
        raise ServiceError(403, "SignatureDoesNotMatch", "The Signature you specified is invalid: host is not signed.")
    if not _same(fields["q-signature"], _signature(request, fields, credentials.secret_key)):
        raise ServiceError(403, "SignatureDoesNotMatch", "The Signature you specified is invalid.")
    _check_period(fields["q-sign-time"], now)
    _check_period(fields["q-key-time"], now)


def _fields(authorization: str) -> dict[str, str]:
    if not authorization:
        raise ServiceError(403, "AccessDenied")
    pairs = [part.partition("=") for part in authorization.split("&")]
    fields = {name: value for name, _, value in pairs}
    if len(pairs) != len(_FIELDS) or set(fields) != _FIELDS or fields["q-sign-algorithm"] != "sha1":
        raise ServiceError(403, "SignatureDoesNotMatch", "The Signature you specified is invalid.")
    return fields


def _check_token(given: str, wanted: str) -> None:
    if wanted and not given:  # COS knows no temporary key without its token
        raise ServiceError(403, "InvalidAccessKeyId", "The Access Key Id you provided does not exist in our records")
    if not _same(given, wanted):
        raise ServiceError(403, "InvalidToken", "The provided token is malformed or otherwise invalid.")


def _check_period(period: str, now: float) -> None:
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ServiceError(403, "SignatureDoesNotMatch", "The Signature you specified is invalid.")
    if now < int(match[1]):
        message = "The difference between the request time and the server's time is too large."
        raise ServiceError(403, "RequestTimeTooSkewed", message)
    if now > int(match[2]):
        raise ServiceError(403, "AccessDenied", "Request has expired")


def _signature(request: Request, fields: dict[str, str], secret_key: str) -> str:
    parameters = _encoded(request.parameters)
    headers = _encoded((name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers)
    # The Host of a local address has a port; the client signed the name alone.
    headers["host"] = headers.get("host", "").partition("%3A")[0]
    http_string = b"\n".join(
        [
            request.method.lower().encode(),
            unquote_to_bytes(request.path.encode("latin-1")),
            _chosen(parameters, fields["q-url-param-list"]),
            _chosen(headers, fields["q-header-list"]),
            b"",
        ]
    )
    digest = hashlib.sha1(http_string, usedforsecurity=False).hexdigest()
    string_to_sign = f"sha1\n{fields['q-sign-time']}\n{digest}\n"
    sign_key = _hmac_sha1(secret_key, fields["q-key-time"])
    return _hmac_sha1(sign_key, string_to_sign)


def _encoded(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {quote(name, safe="-_.~").lower(): quote(value, safe="-_.~") for name, value in pairs}


def _chosen(values: dict[str, str], names: str) -> bytes:
    return "&".join(f"{name}={values.get(name, '')}" for name in sorted(names.split(";")) if name).encode()


def _hmac_sha1(key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode("latin-1"), hashlib.sha1).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("latin-1", "replace"), wanted.encode())
