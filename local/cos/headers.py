"""Headers in COS's dialect and in S3's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cos.store import CRC64

if TYPE_CHECKING:
    from local.http.message import Headers

# Headers that mean the same in both dialects.
_COMMON = {
    *("cache-control", "content-disposition", "content-encoding", "content-language", "content-length", "content-md5"),
    *("content-range", "content-type", "accept-ranges", "etag", "expires", "if-match", "if-modified-since"),
    *("if-none-match", "if-unmodified-since", "last-modified", "range"),
}
_VERSION = {"x-amz-version-id", "x-amz-delete-marker"}


def to_s3_headers(headers: Headers) -> Headers:
    """Translate request headers: metadata and plain HTTP ones, nothing of the signature."""
    kept = [(_renamed(name, "x-cos-meta-", "x-amz-meta-"), value) for name, value in headers]
    return tuple((n, v) for n, v in kept if n.lower() in _COMMON or n.lower().startswith("x-amz-meta-"))


def to_cos_headers(headers: Headers, request_id: str, *, service: str = "cos") -> Headers:
    """Translate response headers to the spelling of COS or CI; nothing of S3's own is left.

    The spelling matters: the SDK returns headers as a plain dict, so its users write `response["ETag"]`.
    """
    kept = [(_renamed(name.lower(), "x-amz-meta-", "x-cos-meta-"), value) for name, value in headers]
    common = [("ETag" if n == "etag" else n.title(), value) for n, value in kept if n in _COMMON]
    versions = [(name.replace("x-amz-", "x-cos-"), value) for name, value in kept if name in _VERSION]
    crc64 = CRC64.replace("x-amz-", "x-cos-")
    metadata = [(n.replace(crc64, "x-cos-hash-crc64ecma"), value) for n, value in kept if n.startswith("x-cos-meta-")]
    return (*common, *metadata, *versions, ("Server", f"tencent-{service}"), (f"x-{service}-request-id", request_id))


def _renamed(name: str, old: str, new: str) -> str:
    return new + name[len(old) :] if name.lower().startswith(old) else name
