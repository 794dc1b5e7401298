"""Listings of a bucket: GET Bucket (document 436/7734) and GET Bucket Object versions (436/35521)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import dropwhile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from local.http.xml import ServiceError, xml_response
from models.wire import to_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from local.cos.store import StoredKey, StoredVersion
    from local.http.message import Request, Response

OF_KEYS = {"prefix", "delimiter", "marker", "max-keys", "encoding-type"}
OF_VERSIONS = {"versions", "prefix", "delimiter", "key-marker", "version-id-marker", "max-keys", "encoding-type"}
_LARGEST_PAGE = 1000


@dataclass
class _Page:
    contents: list[StoredKey] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""
    truncated: bool = False


def list_objects(bucket: str, keys: Iterable[StoredKey], request: Request) -> Response:
    """List keys and common prefixes: prefix, delimiter, marker, max-keys and encoding-type=url. Raise ServiceError."""
    asked = request.query_texts
    size, encoded = _page_size(asked), _encoding(asked)
    page = _page(keys, asked, size)
    content: dict[str, Any] = {
        "Name": bucket,
        "Prefix": encoded(asked.get("prefix", "")),
        "Marker": encoded(asked.get("marker", "")),
        **({"EncodingType": "url"} if asked.get("encoding-type") == "url" else {}),
        "MaxKeys": size,
        "Delimiter": encoded(asked.get("delimiter", "")),
        "IsTruncated": page.truncated,
        **({"NextMarker": encoded(page.last)} if page.truncated else {}),
        "Contents": [
            {"Key": encoded(each.name), "LastModified": each.modified, **_stored(each), "Owner": _owner(bucket)}
            for each in page.contents
        ],
        "CommonPrefixes": [{"Prefix": encoded(prefix)} for prefix in page.prefixes],
    }
    return xml_response("ListBucketResult", content)


def list_versions(bucket: str, versions: Sequence[StoredVersion], request: Request) -> Response:
    """List versions and delete markers by key, the newest of a key first. Raise ServiceError."""
    asked = request.query_texts
    size, encoded = _page_size(asked), _encoding(asked)
    if asked.get("delimiter"):
        raise ServiceError(501, "NotImplemented", "The local cloud lists versions without a delimiter only.")
    rest = [each for each in _after(versions, asked) if each.name.startswith(asked.get("prefix", ""))]
    page, truncated = rest[:size], len(rest) > size > 0
    next_page = {}
    if truncated:
        next_page = {"NextKeyMarker": encoded(page[-1].name), "NextVersionIdMarker": page[-1].version_id}
    content: dict[str, Any] = {
        **({"EncodingType": "url"} if asked.get("encoding-type") == "url" else {}),
        "Name": bucket,
        "Prefix": encoded(asked.get("prefix", "")),
        "KeyMarker": encoded(asked.get("key-marker", "")),
        "VersionIdMarker": asked.get("version-id-marker", ""),
        "MaxKeys": size,
        "IsTruncated": truncated,
        **next_page,
    }
    names = ("DeleteMarker" if each.deleted else "Version" for each in page)  # in one order, not by kind
    entries = "".join(to_xml(name, _version(bucket, each, encoded)) for name, each in zip(names, page, strict=True))
    return xml_response("ListVersionsResult", content, entries=entries)


def _page_size(asked: Mapping[str, str]) -> int:
    wanted = asked.get("max-keys") or str(_LARGEST_PAGE)
    if not (wanted.isascii() and wanted.isdecimal()):
        raise ServiceError(400, "InvalidArgument", "max-keys must be a number.")
    return min(int(wanted), _LARGEST_PAGE)


def _encoding(asked: Mapping[str, str]) -> Callable[[str], str]:
    is_url = asked.get("encoding-type") == "url"
    return lambda text: quote(text, safe="-_.~/") if is_url else text


def _page(keys: Iterable[StoredKey], asked: Mapping[str, str], size: int) -> _Page:
    prefix, delimiter, marker = (asked.get(name, "") for name in ("prefix", "delimiter", "marker"))
    page = _Page()
    for key in keys:
        if not key.name.startswith(prefix) or (marker and key.name <= marker):
            continue
        head, found, _ = key.name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        group = prefix + head + found if found else ""
        if group and group in {marker, page.last}:
            continue  # its common prefix is listed already
        if len(page.contents) + len(page.prefixes) == size:
            page.truncated = size > 0
            break
        page.last = group or key.name
        if group:
            page.prefixes.append(group)
        else:
            page.contents.append(key)
    return page


def _after(versions: Sequence[StoredVersion], asked: Mapping[str, str]) -> Sequence[StoredVersion]:
    """Return the versions after the markers: the rest of the key's with both, else those of the keys after it."""
    key, version_id = asked.get("key-marker", ""), asked.get("version-id-marker", "")
    before = [each for each in versions if each.name.encode() <= key.encode()]
    if key and version_id:
        # A marker that was removed in between finds nothing: its key starts again, so that none is skipped.
        own = [each for each in before if each.name == key]
        older = list(dropwhile(lambda each: each.version_id != version_id, own))
        return [*(older[1:] if older else own), *versions[len(before) :]]
    return versions[len(before) :]


def _version(bucket: str, each: StoredVersion, encoded: Callable[[str], str]) -> dict[str, Any]:
    return {
        "Key": encoded(each.name),
        "VersionId": each.version_id,
        "IsLatest": each.latest,
        "LastModified": each.modified,
        **({} if each.deleted else _stored(each)),
        "Owner": _owner(bucket),
    }


def _stored(each: StoredKey | StoredVersion) -> dict[str, Any]:
    return {"ETag": each.etag, "Size": each.size, "StorageClass": "STANDARD"}


def _owner(bucket: str) -> dict[str, str]:
    appid = bucket.rpartition("-")[2]
    return {"ID": appid, "DisplayName": appid}
