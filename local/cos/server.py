"""A COS that runs on your machine and is as strict as the real one where callbacks depend on it.

    <bucket>.cos.<region>.myqcloud.com   objects, every request signed (V5) and its session token checked
    <bucket>.ci.<region>.myqcloud.com    Cloud Infinite's job API, likewise; `ci.add` adds jobs by hand
    a request with X-TC-Action           Secrets Manager, SCF, EventBridge and TDMQ, which a function with COS_ENDPOINT
                                         looks for here too
    a request with Webhook-Id            a webhook of any host, for the same reason
    any other Host                       a read-only view for people: `curl http://127.0.0.1:9000/`

Requests reach it by TCP at `address` with COS's own Host header. Buckets exist from the start, each in its
region; those that are versioned keep every version and ignore `x-cos-forbid-overwrite`, as COS is said to. The role may
do everything, unless a policy says otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from local.ci.server import LocalCi
from local.cos import copying as cos_copy
from local.cos import policy as cos_policy
from local.cos import signature as cos_signature
from local.cos import versions as cos_versions
from local.cos.answers import (
    CosError,
    error_code,
    list_objects,
    new_request_id,
    to_cos_headers,
    to_s3_headers,
)
from local.cos.signature import Credentials, RefusedError
from local.cos.store import CRC64, Store
from local.cos.view import view
from local.faults.requests import Asked, Faults
from local.http.message import Request, Response
from local.http.server import Service
from local.services.receivers import ACTIONS, WEBHOOK, Receivers
from local.services.secrets_manager import ACTION, SecretsManager

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from local.cos.policy import Policy
    from local.cos.store import StoredKey, StoredVersion
    from local.faults.requests import Fault

__all__ = ["Credentials", "LocalCos", "SeenRequest", "StoredObject"]

_HOST = re.compile(
    r"(?P<bucket>[a-z0-9-]+)\.(?P<service>cos|ci)\.(?P<region>[a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)"
)
_LONGEST_KEY = 850  # bytes, document 436/13324
_LISTING = {b"prefix", b"delimiter", b"marker", b"max-keys", b"encoding-type"}
_OBJECT_METHODS = {"GET", "HEAD", "PUT", "DELETE"}


@dataclass(frozen=True)
class SeenRequest:
    """One request to a COS or CI host and what came of it; `code` is COS's error code, "" for success.

    `fault` is what it met with faults; the status is 0 when it was neither carried out nor answered.
    """

    method: str
    host: str
    bucket: str
    key: str
    query: str
    status: int
    code: str = ""
    fault: Fault = "none"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case


@dataclass(frozen=True)
class StoredObject:
    """An object as it lies in a bucket; metadata names are without `x-cos-meta-`, in lower case."""

    body: bytes
    content_type: str
    metadata: Mapping[str, str]


class LocalCos(Service):
    """Listens from construction, answers from `start` to `stop` (or inside a `with`).

    `buckets` maps each bucket to its region; those that are `suspended` say so of their versioning and keep none.
    `credentials` may be replaced at any time, as a role's rotate, and so may `faults` and `policy`, which says what
    the role may do. `ci` holds the jobs that Cloud Infinite knows, `secrets` the one secret there is,
    `receivers` what actions have brought.
    """

    def __init__(  # noqa: PLR0913  # each makes a different cloud
        self,
        *,
        buckets: Mapping[str, str],
        credentials: Credentials,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        faults: Faults | None = None,
        versioned: Collection[str] = (),
        suspended: Collection[str] = (),
    ) -> None:
        super().__init__(port)
        self.buckets = dict(buckets)
        self.credentials = credentials
        self.faults = faults or Faults()
        self.policy: Policy = cos_policy.allow_everything
        self._clock = clock
        self._versioned = frozenset(versioned)
        self._suspended = frozenset(suspended)
        self._store = Store(self.buckets, self._versioned)
        self.ci = LocalCi(clock, self.has)
        self.secrets = SecretsManager()
        self.receivers = Receivers()
        self._seen: list[SeenRequest] = []
        self._seen_lock = threading.Lock()

    def stop(self) -> None:
        """End every connection and forget every job and object."""
        self.ci.stop()
        super().stop()
        self._store.close()

    @property
    def requests(self) -> list[SeenRequest]:
        """Every request to a COS or CI host so far, in the order of their answers."""
        with self._seen_lock:
            return list(self._seen)

    def forget_requests(self) -> None:
        """Begin `requests` anew."""
        with self._seen_lock:
            self._seen.clear()

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Store an object by hand: no HTTP, no signature, nothing in `requests`."""
        named = [(f"x-amz-meta-{name}", _wire(value)) for name, value in (metadata or {}).items()]
        self._store.send("PUT", bucket, key, headers=[("Content-Type", content_type), *named], body=data)

    def get(self, bucket: str, key: str) -> StoredObject:
        """Return the object; raise KeyError when there is none."""
        answer = self._store.send("GET", bucket, key)
        if answer.status != HTTPStatus.OK:
            raise KeyError(f"{bucket}/{key}")
        prefix = "x-amz-meta-"
        named = {name.lower(): _text(value) for name, value in answer.headers if name.lower() != CRC64}
        metadata = {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}
        return StoredObject(answer.body, answer.header("content-type"), metadata)

    def delete(self, bucket: str, key: str, version: str = "") -> None:
        """Remove the object, or one version of it, if there is one."""
        self._store.send("DELETE", bucket, key, query=f"versionId={version}" if version else "")

    def has(self, bucket: str, key: str) -> bool:
        """Tell whether there is such an object."""
        return self._store.send("HEAD", bucket, key).status == HTTPStatus.OK

    def keys(self, bucket: str) -> list[str]:
        """Return the bucket's keys in COS's order."""
        return [key.name for key in self.listing(bucket)]

    def listing(self, bucket: str) -> list[StoredKey]:
        """Return the bucket's keys in COS's order, with what a listing says of each."""
        return self._store.keys(bucket)

    def versions(self, bucket: str) -> list[StoredVersion]:
        """Return every version and delete marker in the bucket, by key, the newest first."""
        return self._store.versions(bucket)

    def _answer(self, request: Request) -> Response:
        # A local address needs a port, COS's own hosts have none.
        host = request.header("host").partition(":")[0]
        match = _HOST.fullmatch(host)
        if match is None and (other := self._answer_others(request)):
            return other
        if match is None:
            return view(request.method, _key(request) or "", self.buckets, self._store)
        key = _key(request) or ""
        faults = self.faults
        fault = faults.meet(
            Asked("ci" if match["service"] == "ci" else "cos", request.method, match["bucket"], key, request.query)
        )
        self._server.pause(fault.latency_s)
        answer = fault.refusal() or self._answer_service(request, match, faults.skew)
        request_id = new_request_id()
        code = answer.code if isinstance(answer, CosError) else ""
        if isinstance(answer, CosError):
            answer = answer.response(_text(host + request.path), request_id)
        headers = {name.lower(): value for name, value in request.headers}
        seen = SeenRequest(
            request.method, host, match["bucket"], key, request.query, answer.status, code, fault.fault, headers
        )
        with self._seen_lock:
            self._seen.append(seen)
        now = ("Date", formatdate(self._clock() + faults.skew, usegmt=True))
        headers_out = (now, *to_cos_headers(answer.headers, request_id, service=match["service"]))
        return fault.spoil(Response(answer.status, headers_out, answer.body))

    def _answer_others(self, request: Request) -> Response | None:
        """Return the answer of a service other than COS and CI, None where none is asked."""
        action = request.header(ACTION)
        if action:
            return self.receivers.answer_api(request) if action in ACTIONS else self.secrets.answer(request)
        return self.receivers.answer_webhook(request) if request.header(WEBHOOK) else None

    def _answer_service(self, request: Request, host: re.Match[str], skew: float) -> Response | CosError:
        service, bucket, key = host["service"], host["bucket"], _key(request)
        if key is None:
            return CosError(400, "InvalidURI", "The object key is not UTF-8.")
        try:
            token_header = f"x-{service}-security-token"
            cos_signature.verify(request, self.credentials, now=self._clock() + skew, token_header=token_header)
        except RefusedError as refused:
            return CosError(403, refused.code, refused.message)
        if self.buckets.get(bucket) != host["region"]:
            return CosError(404, "NoSuchBucket")
        if not all(self.policy(*asked) for asked in cos_policy.asked(service, request, bucket, key)):
            return CosError(403, "AccessDenied", "Access Denied.")
        if service == "ci":
            return self.ci.answer(request, bucket, key, host["region"])
        return self._answer_cos(request, bucket, key)

    def _answer_cos(self, request: Request, bucket: str, key: str) -> Response | CosError:
        if len(key.encode()) > _LONGEST_KEY:
            return CosError(400, "KeyTooLong", f"The object key is longer than {_LONGEST_KEY} bytes.")
        names = {name for name, _ in request.parameters}
        one_version = names == {b"versionId"} and request.method != "PUT"
        if key and request.method in _OBJECT_METHODS and (not request.query or one_version):
            return self._answer_object(request, bucket, key)
        if not key and request.method == "HEAD":
            return Response(200)
        if not key and request.method == "GET" and names == {b"versioning"}:
            return cos_versions.versioning(self._versioning(bucket))
        if not key and request.method == "GET":
            return self._list(request, bucket, names)
        return _not_built(request)

    def _versioning(self, bucket: str) -> str:
        if bucket in self._suspended:
            return "Suspended"
        return "Enabled" if bucket in self._versioned else ""

    def _list(self, request: Request, bucket: str, names: set[bytes]) -> Response | CosError:
        if names <= _LISTING:
            return list_objects(bucket, self._store.keys(bucket), request)
        if b"versions" in names <= cos_versions.LISTING:
            return cos_versions.list_versions(bucket, self._store.versions(bucket), request)
        return _not_built(request)

    def _answer_object(self, request: Request, bucket: str, key: str) -> Response | CosError:
        if request.method == "PUT" and request.header(cos_copy.SOURCE):
            return cos_copy.copy(self._store, self.buckets, request, bucket, key)
        headers = dict(to_s3_headers(request.headers))
        wanted = request.header("x-cos-forbid-overwrite").lower() == "true"
        forbid_overwrite = wanted and bucket not in self._versioned  # COS ignores it on a versioned bucket
        if request.method == "PUT":
            if not _digest_fits(request):
                return CosError(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
            headers.setdefault("Content-Type", "application/octet-stream")
            if forbid_overwrite:
                headers["If-None-Match"] = "*"
        answer = self._store.send(
            request.method, bucket, key, query=request.query, headers=headers.items(), body=request.body
        )
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer
        if request.method == "PUT" and forbid_overwrite and answer.status == HTTPStatus.PRECONDITION_FAILED:
            return CosError(409, "FileAlreadyExists")
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:  # a delete marker, which COS answers with 404 (436/36716)
            return CosError(404, "NoSuchVersion")
        return CosError(answer.status, error_code(answer) or "NoSuchKey")


def _digest_fits(request: Request) -> bool:
    """Whether the body has the Content-MD5 that its sender says it has, if he does."""
    said = request.header("content-md5")
    return said in {"", base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()}


def _not_built(request: Request) -> CosError:
    return CosError(501, "NotImplemented", f"The local cloud does not know {request.method} {request.target}.")


def _key(request: Request) -> str | None:
    """Return the object key ("" for the bucket itself), None when it is not UTF-8."""
    try:
        return unquote_to_bytes(request.path.encode("latin-1")).decode().removeprefix("/")
    except UnicodeDecodeError:
        return None


def _wire(text: str) -> str:
    return text.encode().decode("latin-1")


def _text(wire: str) -> str:
    return wire.encode("latin-1").decode("utf-8", "replace")
