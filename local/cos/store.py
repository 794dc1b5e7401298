"""The objects of the local COS in moto's S3, in this process, without a server.

moto has one state for the whole process, so every Store has buckets of its own there, under unique names.
"""

from __future__ import annotations

import re
import threading
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import crcmod
from moto.core.request import Request as MotoRequest
from moto.s3 import models as moto_models
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.s3.responses import S3Response
from moto.s3.utils import metadata_from_headers

from local.http.message import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

_ACCOUNT = "123456789012"  # moto's default
NAMESPACE = re.compile(rb' xmlns="[^"]*"')
vars(moto_models)["S3_UPLOAD_PART_MIN_SIZE"] = 1 << 20  # COS's (436/14112); S3 has 5 MB
# moto hides private objects from anonymous callers; the caller has been authenticated before.
_AUTHORIZATION = ("Authorization", "AWS4-HMAC-SHA256 Credential=local/20250101/us-east-1/s3/aws4_request")

# COS's checksum of an object is kept as metadata, since moto knows only S3's own.
CRC64 = "x-amz-meta-local-hash-crc64ecma"
_crc64 = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)


# Of a request for a whole object; others, and x-amz-meta-…, decide what moto's HTTP layer does.
_PLAIN = {"content-length", "content-md5", "content-type"}


@dataclass(frozen=True)
class StoredKey:
    """An object in a bucket's listing; `modified` is RFC 3339 in UTC."""

    name: str
    size: int
    etag: str
    modified: str


@dataclass(frozen=True)
class StoredVersion:
    """One version of an object, or a delete marker; a plain GET reads the latest."""

    name: str
    version_id: str
    latest: bool
    modified: str
    deleted: bool = False
    size: int = 0
    etag: str = ""


class Store:
    """Answers S3 requests for the named buckets, one at a time; those in `versioned` keep every version."""

    def __init__(self, buckets: Iterable[str], versioned: Iterable[str] = ()) -> None:
        self._backend: Any = s3_backends[_ACCOUNT]["aws"]
        self._names = {bucket: f"b{uuid.uuid4().hex}" for bucket in buckets}
        self._versioned = frozenset(versioned)
        # One request at a time makes "put if absent" atomic; moto alone checks and then writes.
        self._lock = threading.Lock()
        for name in self._names.values():
            self._backend.create_bucket(name, "us-east-1")
        for bucket in self._versioned:
            self._backend.put_bucket_versioning(self._names[bucket], "Enabled")

    def send(  # noqa: PLR0913  # the parts of an HTTP request
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        query: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Response:
        """Return moto's answer in S3's dialect, errors without a namespace."""
        sent = dict(headers)
        if method == "PUT":
            sent[CRC64] = str(_crc64(body))
        if key and not query and (answer := self._send_plain(method, bucket, key, sent, body)):
            return answer
        url = f"https://{self._names[bucket]}.s3.amazonaws.com/{quote(key, safe='-_.~')}"
        request = MotoRequest.from_primitives(
            method, f"{url}?{query}" if query else url, sent | dict([_AUTHORIZATION]), body
        )
        dispatch = S3Response.key_dispatch if key else S3Response.bucket_dispatch
        with self._lock:
            status, answer_headers, content = dispatch(request, request.raw_url, request.headers)
            if key and method == "POST" and status == HTTPStatus.OK:
                self._add_checksum(bucket, key)
        content = content.encode() if isinstance(content, str) else content
        if content.startswith(b"<?xml") and status != HTTPStatus.OK:
            content = NAMESPACE.sub(b"", content)
        named = [(name, str(value)) for name, value in answer_headers.items()]
        if method == "PUT" and status == HTTPStatus.OK:
            named.append((CRC64, sent[CRC64]))
        return Response(status, tuple(named), content)

    def _send_plain(self, method: str, bucket: str, key: str, headers: dict[str, str], body: bytes) -> Response | None:
        """Answer a request for a whole object without moto's HTTP layer, which takes most of its time, else None."""
        names = {name.lower() for name in headers if not name.lower().startswith("x-amz-meta-")}
        is_new = method == "PUT" and headers.get("If-None-Match") == "*"
        if bucket in self._versioned or not names <= (_PLAIN | {"if-none-match"} if is_new else _PLAIN):
            return None
        with self._lock:
            stored = self._backend.get_object(self._names[bucket], key)
            if method == "PUT" and not (is_new and stored):
                stored = self._backend.put_object(self._names[bucket], key, body)
                stored.set_metadata(metadata_from_headers(headers))
                stored.set_acl(self._bucket(bucket).acl)
                self._backend.put_object_tagging(stored, {})  # those of the object that was there
                named = {"ETag": stored.etag, "last-modified": stored.last_modified_RFC1123, CRC64: headers[CRC64]}
                return Response(200, tuple(named.items()))
            if stored is None or method not in {"GET", "HEAD"}:
                return None
            named = {**stored.response_dict, **stored.metadata, "Accept-Ranges": "bytes"}
            return Response(200, tuple(named.items()), stored.value if method == "GET" else b"")

    def get(self, bucket: str, key: str) -> tuple[bytes, dict[str, str]] | None:
        """Return an object's content and its metadata, as `send` does but at once, None where there is none."""
        with self._lock:
            stored = self._backend.get_object(self._names[bucket], key)
            return None if stored is None else (stored.value, dict(stored.metadata))

    def delete(self, bucket: str, key: str, version: str) -> None:
        """Remove an object, or one version of it, if there is one; a versioned bucket gets a delete marker."""
        with self._lock:
            self._backend.delete_object(self._names[bucket], key, version_id=version or None)

    def name(self, bucket: str) -> str:
        """Return moto's name of a bucket, which occurs in its answers."""
        return self._names[bucket]

    def keys(self, bucket: str) -> list[StoredKey]:
        """Return every object of the bucket in COS's order, that of the keys' UTF-8 bytes."""
        with self._lock:
            objects = self._backend.list_objects(self._bucket(bucket), None, None, None, None)[0]
            return [StoredKey(each.name, each.size, each.etag, each.last_modified_ISO8601) for each in objects]

    def versions(self, bucket: str) -> list[StoredVersion]:
        """Return every version and delete marker of the bucket, in the order of the keys, the newest of a key first."""
        with self._lock:
            keys = self._bucket(bucket).keys
            return [
                _version(each, latest=each is history[-1])
                for name in sorted(keys, key=str.encode)
                for history in [keys.getlist(name)]
                for each in reversed(history)
            ]

    def close(self) -> None:
        """Forget buckets and objects; moto warns of any object left to the garbage collector."""
        with self._lock:
            for bucket in self._names:
                objects = self._bucket(bucket).keys
                for key in list(objects):
                    objects.setlist(key, [each for each in objects.getlist(key) if not _is_marker(each)])
                    objects.pop(key)
                self._backend.delete_bucket(self._names[bucket])
            self._names = {}

    def _add_checksum(self, bucket: str, key: str) -> None:
        """Add COS's checksum to an object that has been put together from parts."""
        stored = self._backend.get_object(self._names[bucket], key)
        if stored is not None:
            stored.set_metadata({CRC64: str(_crc64(stored.value))})

    def _bucket(self, bucket: str) -> Any:
        return self._backend.get_bucket(self._names[bucket])


def error_code(answer: Response) -> str:
    """Return the code of an S3 error, "" without one (HEAD)."""
    try:
        return ET.fromstring(answer.body).findtext("Code", "")  # noqa: S314  # moto wrote it
    except ET.ParseError:
        return ""


def _version(each: Any, *, latest: bool) -> StoredVersion:
    common = (each.name, each.version_id, latest, each.last_modified_ISO8601)
    if _is_marker(each):
        return StoredVersion(*common, deleted=True)
    return StoredVersion(*common, size=each.size, etag=each.etag)


def _is_marker(each: Any) -> bool:
    return isinstance(each, FakeDeleteMarker)
