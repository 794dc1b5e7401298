"""A COS that runs on your machine and is as strict as the real one where callbacks depend on it.

    <bucket>.cos.<region>.myqcloud.com   objects, every request signed (V5) and its session token checked
    <bucket>.ci.<region>.myqcloud.com    Cloud Infinite's job API, likewise; `ci.add` adds jobs by hand
    a request with X-TC-Action           Secrets Manager, SCF, EventBridge and TDMQ: with COS_ENDPOINT the function
                                         sends these requests here too
    a request with Webhook-Id            a webhook of any host, for the same reason
    any other Host                       a read-only view for people: `curl http://127.0.0.1:9000/`

Requests reach it by TCP at `address` with COS's own Host header. Buckets exist from the start, each in its region;
versioned ones keep every version and ignore `x-cos-forbid-overwrite`, as COS does according to its documents.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import unquote_to_bytes

from local.ci.server import LocalCi
from local.cos import copying, listing, operations, policy, signature
from local.cos.headers import to_cos_headers, to_s3_headers
from local.cos.signature import Credentials
from local.cos.store import CRC64, Store, error_code
from local.cos.view import view
from local.faults.requests import Asked, Faults
from local.http.message import Request, Response
from local.http.server import Service
from local.http.xml import ServiceError, not_implemented, xml_response
from local.services.receivers import ACTIONS, WEBHOOK, Receivers
from local.services.secrets_manager import ACTION, SecretsManager

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from local.cos.policy import Policy
    from local.cos.store import StoredKey, StoredVersion
    from local.faults.requests import Fault, RequestFault

__all__ = ["Credentials", "LocalCos", "SeenRequest", "StoredObject"]

_HOST = re.compile(
    r"(?P<bucket>[a-z0-9-]+)\.(?P<service>cos|ci)\.(?P<region>[a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)"
)
_RACE_S = 1.0  # a key may be raced for this long after it was taken
_LONGEST_KEY = 850  # bytes, document 436/13324
_OBJECT_METHODS = {"GET", "HEAD", "PUT", "DELETE"}
_OLD_DEAD_LETTERS = {
    "ID": "old dead letters",
    "Status": "Enabled",
    "Filter": {"Prefix": "ci-callback/dead-letter/"},
    "Expiration": {"Days": "90"},
}


@dataclass(frozen=True)
class SeenRequest:
    """One request to a COS or CI host and its answer; `code` is COS's error code, "" for success.

    The status is 0 if it was neither carried out nor answered.
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
    """An object in a bucket; metadata names are without `x-cos-meta-`, in lower case."""

    body: bytes
    content_type: str
    metadata: Mapping[str, str]


class LocalCos(Service):
    """Listens from construction, answers from `start` to `stop` (or inside a `with`).

    `buckets` maps each bucket to its region; `suspended` ones report that of their versioning and keep no versions.
    `credentials` may be replaced at any time, as a role's rotate, and so may `faults`, `policy` (the rights of the
    role) and `intercept`, which sees each request to COS or CI before it is answered: it may return an answer of its
    own, or raise ServiceError.
    `lifecycle` has the rules of each bucket; nothing is ever deleted by them.
    `ci` has the jobs of Cloud Infinite, `secrets` the one secret, `receivers` the messages of actions.
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
        self.policy: Policy = policy.allow_everything
        self.intercept: Callable[[Asked, Request], Response | None] = lambda *_: None
        self.lifecycle: dict[str, list[Mapping[str, Any]]] = {bucket: [_OLD_DEAD_LETTERS] for bucket in buckets}
        self._clock = clock
        self._versioned = frozenset(versioned)
        self._suspended = frozenset(suspended)
        self._store = Store(self.buckets, self._versioned)
        self.ci = LocalCi(clock, self.has)
        self.secrets = SecretsManager()
        self.receivers = Receivers()
        self._taken: dict[tuple[str, str], float] = {}  # when a put-if-absent took a free key
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
        """Empty `requests`."""
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
        named = [(f"x-amz-meta-{name}", value.encode().decode("latin-1")) for name, value in (metadata or {}).items()]
        self._store.send("PUT", bucket, key, headers=[("Content-Type", content_type), *named], body=data)

    def get(self, bucket: str, key: str) -> StoredObject:
        """Return the object; raise KeyError when there is none."""
        found = self._store.get(bucket, key)
        if found is None:
            raise KeyError(f"{bucket}/{key}")
        content, headers = found
        prefix = "x-amz-meta-"
        named = {name: _text(value) for name, value in headers.items() if name != CRC64}
        metadata = {name.removeprefix(prefix): value for name, value in named.items() if name.startswith(prefix)}
        return StoredObject(content, headers["content-type"], metadata)

    def delete(self, bucket: str, key: str, version: str = "") -> None:
        """Remove the object, or one version of it, if there is one."""
        self._store.delete(bucket, key, version)

    def has(self, bucket: str, key: str) -> bool:
        """Return whether there is such an object."""
        return self._store.get(bucket, key) is not None

    def keys(self, bucket: str) -> list[str]:
        """Return the bucket's keys in COS's order."""
        return [key.name for key in self.listing(bucket)]

    def listing(self, bucket: str) -> list[StoredKey]:
        """Return the bucket's keys in COS's order, with size, ETag and time of each."""
        return self._store.keys(bucket)

    def versions(self, bucket: str) -> list[StoredVersion]:
        """Return every version and delete marker in the bucket, by key, the newest first."""
        return self._store.versions(bucket)

    def _answer(self, request: Request) -> Response:
        # A local address needs a port, COS's own hosts have none.
        host = request.header("host").partition(":")[0]
        match = _HOST.fullmatch(host)
        if match is None:
            return self._answer_others(request) or view(request.method, _key(request) or "", self.buckets, self._store)
        service = cast('Literal["cos", "ci"]', match["service"])
        asked = Asked(service, request.method, match["bucket"], _key(request) or "", request.query)
        request_id = base64.b64encode(secrets.token_hex(10).encode()).decode()
        fault = self.faults.meet(asked)
        self._server.pause(fault.latency_s)
        code = ""
        try:
            answer = fault.refusal() or self._answer_service(request, asked, match["region"], fault)
        except ServiceError as error:
            answer, code = error.response(_text(host + request.path), request_id), error.code
        headers = {name.lower(): value for name, value in request.headers}
        seen = SeenRequest(
            asked.method, host, asked.bucket, asked.key, asked.query, answer.status, code, fault.fault, headers
        )
        with self._seen_lock:
            self._seen.append(seen)
        date = ("Date", formatdate(self._clock() + fault.skew_s, usegmt=True))
        headers_out = (date, *to_cos_headers(answer.headers, request_id, service=service))
        return fault.spoil(Response(answer.status, headers_out, answer.body))

    def _answer_others(self, request: Request) -> Response | None:
        """Answer for a service other than COS and CI; return None for any other request."""
        if action := request.header(ACTION):
            return self.receivers.answer_api(request) if action in ACTIONS else self.secrets.answer(request)
        return self.receivers.answer_webhook(request) if request.header(WEBHOOK) else None

    def _answer_service(self, request: Request, asked: Asked, region: str, fault: RequestFault) -> Response:
        if answer := self.intercept(asked, request):
            return answer
        if _key(request) is None:
            raise ServiceError(400, "InvalidURI", "The object key is not UTF-8.")
        token_header = f"x-{asked.service}-security-token"
        signature.verify(request, self.credentials, now=self._clock() + fault.skew_s, token_header=token_header)
        if self.buckets.get(asked.bucket) != region:
            raise ServiceError(404, "NoSuchBucket")
        if not all(self.policy(*action) for action in policy.actions(request, asked)):
            raise ServiceError(403, "AccessDenied")
        if asked.service == "ci":
            return self.ci.answer(request, asked.bucket, asked.key, region)
        return self._answer_cos(request, asked.bucket, asked.key, is_race=fault.fault == "race")

    def _answer_cos(self, request: Request, bucket: str, key: str, *, is_race: bool) -> Response:
        if len(key.encode()) > _LONGEST_KEY:
            raise ServiceError(400, "KeyTooLong", f"The object key is longer than {_LONGEST_KEY} bytes.")
        names = set(request.query_texts)
        one_version = names == {"versionId"} and request.method != "PUT"
        if key and request.method in _OBJECT_METHODS and (not request.query or one_version):
            return self._answer_object(request, bucket, key, is_race=is_race)
        if operations.find(request, key):
            return self._operate(request, bucket, key)
        if not key and request.method == "HEAD":
            return Response(200)
        if not key and request.method == "GET":
            return self._answer_bucket(request, bucket, names)
        raise not_implemented(f"{request.method} {request.target}")

    def _answer_bucket(self, request: Request, bucket: str, names: set[str]) -> Response:
        if names == {"versioning"}:
            return self._versioning(bucket)
        if names == {"lifecycle"}:
            return self._lifecycle(bucket)
        if names <= listing.OF_KEYS:
            return listing.list_objects(bucket, self._store.keys(bucket), request)
        if "versions" in names <= listing.OF_VERSIONS:
            return listing.list_versions(bucket, self._store.versions(bucket), request)
        raise not_implemented(f"{request.method} {request.target}")

    def _operate(self, request: Request, bucket: str, key: str) -> Response:
        """Answer a request for parts, tags or several objects."""
        _check_digest(request)
        if key and request.method == "POST" and self._forbids_overwrite(request, bucket) and self.has(bucket, key):
            raise ServiceError(409, "FileAlreadyExists")
        return operations.answer(self._store, request, bucket, key, self.buckets[bucket])

    def _forbids_overwrite(self, request: Request, bucket: str) -> bool:
        wanted = request.header("x-cos-forbid-overwrite").lower() == "true"
        return wanted and bucket not in self._versioned  # COS ignores it on a versioned bucket

    def _versioning(self, bucket: str) -> Response:
        """Answer GET Bucket versioning; a bucket that never had any has no Status."""
        status = "Suspended" if bucket in self._suspended else "Enabled" if bucket in self._versioned else ""
        return xml_response("VersioningConfiguration", {"Status": status} if status else {})

    def _lifecycle(self, bucket: str) -> Response:
        """Answer GET Bucket lifecycle."""
        if not self.lifecycle.get(bucket):
            raise ServiceError(404, "NoSuchLifecycleConfiguration")
        return xml_response("LifecycleConfiguration", {"Rule": self.lifecycle[bucket]})

    def _answer_object(self, request: Request, bucket: str, key: str, *, is_race: bool) -> Response:
        if request.method == "PUT" and request.header(copying.SOURCE):
            return copying.copy(self._store, self.buckets, request, bucket, key)
        headers = dict(to_s3_headers(request.headers))
        forbid_overwrite = self._forbids_overwrite(request, bucket)
        if is_race and self._clock() - self._taken.get((bucket, key), 0) < _RACE_S:
            forbid_overwrite = False
        if request.method == "PUT":
            _check_digest(request)
            headers.setdefault("Content-Type", "application/octet-stream")
            if forbid_overwrite:
                headers["If-None-Match"] = "*"
        answer = self._store.send(
            request.method, bucket, key, query=request.query, headers=headers.items(), body=request.body
        )
        if answer.status < HTTPStatus.BAD_REQUEST:
            if forbid_overwrite:
                self._taken[bucket, key] = self._clock()
            return answer
        if request.method == "PUT" and forbid_overwrite and answer.status == HTTPStatus.PRECONDITION_FAILED:
            raise ServiceError(409, "FileAlreadyExists")
        if answer.status == HTTPStatus.METHOD_NOT_ALLOWED:  # a delete marker, which COS answers with 404 (436/36716)
            raise ServiceError(404, "NoSuchVersion")
        raise ServiceError(answer.status, error_code(answer) or "NoSuchKey")


def _check_digest(request: Request) -> None:
    """Raise ServiceError for a body that does not match its Content-MD5."""
    digest = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
    if request.header("content-md5") not in {"", digest}:
        raise ServiceError(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _key(request: Request) -> str | None:
    """Return the object key ("" for the bucket itself), None when it is not UTF-8."""
    try:
        return unquote_to_bytes(request.path.encode("latin-1")).decode().removeprefix("/")
    except UnicodeDecodeError:
        return None


def _text(wire: str) -> str:
    return wire.encode("latin-1").decode("utf-8", "replace")
