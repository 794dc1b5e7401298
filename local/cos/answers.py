"""COS's own words: errors, listings, headers, made from what S3 says (documents 436/7730, 7734, 7729)."""

from __future__ import annotations

import base64
import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from local.cos.store import CRC64
from local.http.message import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.cos.store import StoredKey
    from local.http.message import Headers, Request

_DECLARATION = b"<?xml version='1.0' encoding='utf-8' ?>\n"
_MOST_KEYS = 1000
# Headers that mean the same in both dialects and go through as they are.
_COMMON_HEADERS = {
    *(
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-md5",
    ),
    *("content-range", "content-type", "accept-ranges", "etag", "expires", "if-match", "if-modified-since"),
    *("if-none-match", "if-unmodified-since", "last-modified", "range"),
}
_VERSION_HEADERS = {"x-amz-version-id", "x-amz-delete-marker"}
_OUR_CRC64 = CRC64.replace("x-amz-", "x-cos-")
_MESSAGES = {
    "NoSuchKey": "The specified key does not exist.",
    "NoSuchBucket": "The specified bucket does not exist.",
    "FileAlreadyExists": "The object you specified already exists and can not be overwritten.",
}


@dataclass(frozen=True)
class CosError:
    """An error on its way out; the request id and the resource come from the request."""

    status: int
    code: str
    message: str = ""

    def response(self, resource: str, request_id: str) -> Response:
        """Return the XML every COS error has; for HEAD the server leaves the body out."""
        root = ET.Element("Error")
        message = self.message or _MESSAGES.get(self.code, self.code)
        values = {"Code": self.code, "Message": message, "Resource": resource, "RequestId": request_id}
        for name, value in {**values, "TraceId": _trace_id()}.items():
            ET.SubElement(root, name).text = value
        return Response(self.status, (("Content-Type", "application/xml"),), to_xml(root))


def new_request_id() -> str:
    """Shaped like COS's: base64 of a few groups of hexadecimal digits."""
    return base64.b64encode(f"{secrets.token_hex(4)}_{secrets.token_hex(4)}_{secrets.token_hex(2)}".encode()).decode()


def _trace_id() -> str:
    return base64.b64encode(secrets.token_hex(24).encode()).decode()


def to_s3_headers(headers: Headers) -> Headers:
    """Return the request headers S3 should see: metadata and plain HTTP ones, nothing of the signature."""
    kept = [(_renamed(name, "x-cos-meta-", "x-amz-meta-"), value) for name, value in headers]
    return tuple((n, v) for n, v in kept if n.lower() in _COMMON_HEADERS or n.lower().startswith("x-amz-meta-"))


def to_cos_headers(headers: Headers, request_id: str, *, service: str = "cos") -> Headers:
    """Return the response headers COS (or CI) would send, in its spelling; nothing of S3's own is left.

    The spelling matters: the SDK returns headers as a plain dict, so its users write `response["ETag"]`.
    """
    kept = [(_renamed(name.lower(), "x-amz-meta-", "x-cos-meta-"), value) for name, value in headers]
    metadata = [(name, value) for name, value in kept if name.startswith("x-cos-meta-")]
    common = [("ETag" if n == "etag" else n.title(), value) for n, value in kept if n in _COMMON_HEADERS]
    versions = [(name.replace("x-amz-", "x-cos-"), value) for name, value in kept if name in _VERSION_HEADERS]
    metadata = [(name.replace(_OUR_CRC64, "x-cos-hash-crc64ecma"), value) for name, value in metadata]
    return (*common, *metadata, *versions, ("Server", f"tencent-{service}"), (f"x-{service}-request-id", request_id))


def _renamed(name: str, old: str, new: str) -> str:
    return new + name[len(old) :] if name.lower().startswith(old) else name


def error_code(s3_answer: Response) -> str:
    """Return the code inside an S3 error, "" when the answer has none (HEAD)."""
    try:
        return ET.fromstring(s3_answer.body).findtext("Code", "")  # noqa: S314  # our own moto wrote it
    except ET.ParseError:
        return ""


@dataclass
class _Page:
    contents: list[StoredKey] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""
    truncated: bool = False


def list_objects(bucket: str, keys: Iterable[StoredKey], request: Request) -> Response | CosError:
    """GET Bucket (document 436/7734): prefix, delimiter, marker, max-keys and encoding-type=url."""
    asked = {name.decode(): value.decode("utf-8", "replace") for name, value in request.parameters}
    most = max_keys(asked)
    if isinstance(most, CosError):
        return most
    page = _page(keys, asked, most)
    return Response(200, (("Content-Type", "application/xml"),), to_xml(_listing(bucket, page, asked, most)))


def max_keys(asked: Mapping[str, str]) -> int | CosError:
    """Return how many entries a page of a listing may have, or why that cannot be told."""
    wanted = asked.get("max-keys") or str(_MOST_KEYS)
    if not (wanted.isascii() and wanted.isdecimal()):
        return CosError(400, "InvalidArgument", "max-keys must be a number.")
    return min(int(wanted), _MOST_KEYS)


def _page(keys: Iterable[StoredKey], asked: Mapping[str, str], most: int) -> _Page:
    prefix, delimiter, marker = (asked.get(name, "") for name in ("prefix", "delimiter", "marker"))
    page = _Page()
    for key in keys:
        if not key.name.startswith(prefix) or (marker and key.name <= marker):
            continue
        head, found, _ = key.name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        group = prefix + head + found if found else ""
        if group and group in {marker, page.last}:
            continue  # its keys were already summed up in one common prefix
        if len(page.contents) + len(page.prefixes) == most:
            page.truncated = most > 0
            break
        page.last = group or key.name
        if group:
            page.prefixes.append(group)
        else:
            page.contents.append(key)
    return page


def _listing(bucket: str, page: _Page, asked: Mapping[str, str], most: int) -> ET.Element:
    url_encoded = asked.get("encoding-type") == "url"

    def shown(text: str) -> str:
        return quote(text, safe="-_.~/") if url_encoded else text

    root = ET.Element("ListBucketResult")
    fields = {
        "Name": bucket,
        "Prefix": shown(asked.get("prefix", "")),
        "Marker": shown(asked.get("marker", "")),
    }
    fields |= {"EncodingType": "url"} if url_encoded else {}
    fields |= {"MaxKeys": str(most), "Delimiter": shown(asked.get("delimiter", ""))}
    fields |= {"IsTruncated": str(page.truncated).lower()}
    fields |= {"NextMarker": shown(page.last)} if page.truncated else {}
    add_fields(root, fields)
    owner = bucket.rpartition("-")[2]
    for key in page.contents:
        entry = ET.SubElement(root, "Contents")
        add_fields(
            entry,
            {"Key": shown(key.name), "LastModified": key.modified, "ETag": key.etag, "Size": str(key.size)},
        )
        add_fields(ET.SubElement(entry, "Owner"), {"ID": owner, "DisplayName": owner})
        add_fields(entry, {"StorageClass": "STANDARD"})
    for prefix in page.prefixes:
        add_fields(ET.SubElement(root, "CommonPrefixes"), {"Prefix": shown(prefix)})
    return root


def add_fields(parent: ET.Element, fields: Mapping[str, str]) -> None:
    """Append elements with text."""
    for name, value in fields.items():
        ET.SubElement(parent, name).text = value


def to_xml(root: ET.Element) -> bytes:
    """Return a document as COS sends it."""
    return _DECLARATION + ET.tostring(root, encoding="unicode").encode()
