"""A COS that runs on your machine and is as strict as the real one where callbacks depend on it.

    <bucket>.cos.<region>.myqcloud.com   objects, every request signed (V5) and its session token checked
    <bucket>.ci.<region>.myqcloud.com    Cloud Infinite's job API: not yet here
    any other Host                       a read-only view for people: `curl http://127.0.0.1:9000/`

Requests reach it by TCP at `address` with COS's own Host header. Buckets exist from the start, each in its
region; versioning does not exist (COS ignores `x-cos-forbid-overwrite` on a bucket that ever had it).
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from local import cos_signature
from local.cos_answers import (
    CosError,
    error_code,
    list_objects,
    new_request_id,
    to_cos_headers,
    to_s3_headers,
)
from local.cos_signature import Credentials, RefusedError
from local.cos_store import CRC64, Store
from local.http_server import LocalServer, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

__all__ = ["Credentials", "LocalCos", "SeenRequest", "StoredObject"]

_HOST = re.compile(
    r"(?P<bucket>[a-z0-9-]+)\.(?P<service>cos|ci)\.(?P<region>[a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)"
)
_LONGEST_KEY = 850  # bytes, document 436/13324
_LISTING = {b"prefix", b"delimiter", b"marker", b"max-keys", b"encoding-type"}
_OBJECT_METHODS = {"GET", "HEAD", "PUT", "DELETE"}


@dataclass(frozen=True)
class SeenRequest:
    """One request to a COS or CI host and what was answered; `code` is COS's error code, "" for success."""

    method: str
    host: str
    bucket: str
    key: str
    query: str
    status: int
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case


@dataclass(frozen=True)
class StoredObject:
    """An object as it lies in a bucket; metadata names are without `x-cos-meta-`, in lower case."""

    body: bytes
    content_type: str
    metadata: Mapping[str, str]


class LocalCos:
    """Listens from construction, answers from `start` to `stop` (or inside a `with`).

    `buckets` maps each bucket to its region. `credentials` may be replaced at any time, as a role's rotate.
    """

    def __init__(
        self,
        *,
        buckets: Mapping[str, str],
        credentials: Credentials,
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.buckets = dict(buckets)
        self.credentials = credentials
        self._clock = clock
        self._server = LocalServer(self._answer, port=port)
        self._store = Store(self.buckets)
        self._seen: list[SeenRequest] = []
        self._seen_lock = threading.Lock()

    def start(self) -> Self:
        """Begin to answer."""
        self._server.start()
        return self

    def stop(self) -> None:
        """End every connection and forget every object."""
        self._server.stop()
        self._store.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:<port>`, what COS_ENDPOINT wants."""
        return self._server.address

    @property
    def port(self) -> int:
        """The TCP port."""
        return self._server.port

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

    def delete(self, bucket: str, key: str) -> None:
        """Remove the object if there is one."""
        self._store.send("DELETE", bucket, key)

    def keys(self, bucket: str) -> list[str]:
        """Return the bucket's keys in COS's order."""
        return [key.name for key in self._store.keys(bucket)]

    def _answer(self, request: Request) -> Response:
        # A local address needs a port, COS's own hosts have none.
        host = request.header("host").partition(":")[0]
        match = _HOST.fullmatch(host)
        if match is None:
            return self._browse(request)
        # Bad weather (lost answers, slowness, 503s) for tests of retries belongs here, around this one call.
        answer = self._answer_service(request, match)
        request_id = new_request_id()
        code = answer.code if isinstance(answer, CosError) else ""
        if isinstance(answer, CosError):
            answer = answer.response(_text(host + request.path), request_id)
        headers = {name.lower(): value for name, value in request.headers}
        key = _key(request) or ""
        seen = SeenRequest(request.method, host, match["bucket"], key, request.query, answer.status, code, headers)
        with self._seen_lock:
            self._seen.append(seen)
        return Response(answer.status, to_cos_headers(answer.headers, request_id), answer.body)

    def _answer_service(self, request: Request, host: re.Match[str]) -> Response | CosError:
        service, bucket, key = host["service"], host["bucket"], _key(request)
        if key is None:
            return CosError(400, "InvalidURI", "The object key is not UTF-8.")
        try:
            token_header = f"x-{service}-security-token"
            cos_signature.verify(request, self.credentials, now=self._clock(), token_header=token_header)
        except RefusedError as refused:
            return CosError(403, refused.code, refused.message)
        if self.buckets.get(bucket) != host["region"]:
            return CosError(404, "NoSuchBucket")
        if service == "ci":  # the seam for Cloud Infinite's job API
            return CosError(501, "NotImplemented", "The local cloud has no Cloud Infinite job API yet.")
        return self._answer_cos(request, bucket, key)

    def _answer_cos(self, request: Request, bucket: str, key: str) -> Response | CosError:
        if len(key.encode()) > _LONGEST_KEY:
            return CosError(400, "KeyTooLong", f"The object key is longer than {_LONGEST_KEY} bytes.")
        if key and request.method in _OBJECT_METHODS and not request.query:
            return self._answer_object(request, bucket, key)
        if not key and request.method == "HEAD":
            return Response(200)
        if not key and request.method == "GET" and _LISTING.issuperset(n for n, _ in request.parameters):
            return list_objects(bucket, self._store.keys(bucket), request)
        return CosError(501, "NotImplemented", f"The local cloud does not know {request.method} {request.target}.")

    def _answer_object(self, request: Request, bucket: str, key: str) -> Response | CosError:
        headers = dict(to_s3_headers(request.headers))
        forbid_overwrite = request.header("x-cos-forbid-overwrite").lower() == "true"
        if request.method == "PUT":
            headers.setdefault("Content-Type", "application/octet-stream")
            if forbid_overwrite:
                headers["If-None-Match"] = "*"
        answer = self._store.send(request.method, bucket, key, headers=headers.items(), body=request.body)
        if answer.status < HTTPStatus.BAD_REQUEST:
            return answer
        if request.method == "PUT" and forbid_overwrite and answer.status == HTTPStatus.PRECONDITION_FAILED:
            return CosError(409, "FileAlreadyExists")
        return CosError(answer.status, error_code(answer) or "NoSuchKey")

    def _browse(self, request: Request) -> Response:
        """For people: the listing of everything at `/`, an object at `/<bucket>/<key>`."""
        if request.method not in {"GET", "HEAD"}:
            return _plain(405, "Read only here. Requests to COS carry the Host <bucket>.cos.<region>.myqcloud.com.")
        path = _key(request) or ""
        if not path:
            return _plain(200, "\n".join(self._inventory()))
        bucket, _, key = path.partition("/")
        if bucket not in self.buckets or not key:
            return _plain(404, "No such bucket or object; / lists them all.")
        answer = self._store.send("GET", bucket, key)
        if answer.status != HTTPStatus.OK:
            return _plain(404, "No such object; / lists them all.")
        return Response(200, (("Content-Type", answer.header("content-type")),), answer.body)

    def _inventory(self) -> list[str]:
        lines = []
        for bucket, region in self.buckets.items():
            keys = self._store.keys(bucket)
            lines.append(f"{bucket} ({region}): {len(keys)} object{'' if len(keys) == 1 else 's'}")
            lines += [f"  /{bucket}/{key.name}  {key.size} bytes" for key in keys]
        return lines


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


def _plain(status: int, text: str) -> Response:
    return Response(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{text}\n".encode())
