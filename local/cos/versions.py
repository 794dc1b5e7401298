"""A bucket's versions in COS's words: GET Bucket Object versions (document 436/35521) and GET Bucket versioning."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import dropwhile
from typing import TYPE_CHECKING
from urllib.parse import quote

from local.cos.answers import CosError, add_fields, max_keys, to_xml
from local.http.message import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.cos.store import StoredVersion
    from local.http.message import Request

LISTING = {b"versions", b"prefix", b"delimiter", b"key-marker", b"version-id-marker", b"max-keys", b"encoding-type"}


def versioning(status: str) -> Response:
    """Return the versioning of a bucket; one that never had any has no Status ("")."""
    root = ET.Element("VersioningConfiguration")
    add_fields(root, {"Status": status} if status else {})
    return Response(200, (("Content-Type", "application/xml"),), to_xml(root))


def list_versions(bucket: str, versions: Sequence[StoredVersion], request: Request) -> Response | CosError:
    """Return a page of versions and delete markers; `versions` are all, by key, the newest of a key first."""
    asked = {name.decode(): value.decode("utf-8", "replace") for name, value in request.parameters}
    most = max_keys(asked)
    if isinstance(most, CosError):
        return most
    if asked.get("delimiter"):
        return CosError(501, "NotImplemented", "The local cloud lists versions without a delimiter only.")
    rest = [each for each in _after(versions, asked) if each.name.startswith(asked.get("prefix", ""))]
    root = _listing(bucket, rest[:most], asked, most, truncated=len(rest) > most > 0)
    return Response(200, (("Content-Type", "application/xml"),), to_xml(root))


def _after(versions: Sequence[StoredVersion], asked: Mapping[str, str]) -> Sequence[StoredVersion]:
    """Return what follows the markers: the rest of the key's versions when both are given, else the keys after it."""
    key, version_id = asked.get("key-marker", ""), asked.get("version-id-marker", "")
    before = [each for each in versions if each.name.encode() <= key.encode()]
    if key and version_id:
        # A marker that has been removed meanwhile finds nothing: then its key begins anew, so that none is skipped.
        own = [each for each in before if each.name == key]
        older = list(dropwhile(lambda each: each.version_id != version_id, own))
        return [*(older[1:] if older else own), *versions[len(before) :]]
    return versions[len(before) :]


def _listing(
    bucket: str, page: Sequence[StoredVersion], asked: Mapping[str, str], most: int, *, truncated: bool
) -> ET.Element:
    url_encoded = asked.get("encoding-type") == "url"

    def shown(text: str) -> str:
        return quote(text, safe="-_.~/") if url_encoded else text

    root = ET.Element("ListVersionsResult")
    add_fields(root, {"EncodingType": "url"} if url_encoded else {})
    add_fields(
        root,
        {
            "Name": bucket,
            "Prefix": shown(asked.get("prefix", "")),
            "KeyMarker": shown(asked.get("key-marker", "")),
            "VersionIdMarker": asked.get("version-id-marker", ""),
            "MaxKeys": str(most),
            "IsTruncated": str(truncated).lower(),
        },
    )
    if truncated:
        add_fields(root, {"NextKeyMarker": shown(page[-1].name), "NextVersionIdMarker": page[-1].version_id})
    owner = bucket.rpartition("-")[2]
    for each in page:
        entry = ET.SubElement(root, "DeleteMarker" if each.deleted else "Version")
        add_fields(entry, {"Key": shown(each.name), "VersionId": each.version_id})
        add_fields(entry, {"IsLatest": str(each.latest).lower(), "LastModified": each.modified})
        if not each.deleted:
            add_fields(entry, {"ETag": each.etag, "Size": str(each.size), "StorageClass": "STANDARD"})
        add_fields(ET.SubElement(entry, "Owner"), {"ID": owner, "DisplayName": owner})
    return root
