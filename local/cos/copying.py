"""PUT Object - Copy (document 436/10881), as far as an object is given other metadata: a copy with `Replaced`."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.cos.answers import CosError, add_fields, to_s3_headers, to_xml
from local.http.message import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cos.store import Store
    from local.http.message import Request

SOURCE = "x-cos-copy-source"

_SOURCE = re.compile(r"(?P<bucket>[a-z0-9-]+)\.cos\.(?P<region>[a-z0-9-]+)\.myqcloud\.com/(?P<key>.+)")


def source(request: Request) -> dict[str, str]:
    """Return bucket, region and key of what a request copies, decoded; empty where it is no copy of an object."""
    found = _SOURCE.fullmatch(request.header(SOURCE))
    return {name: unquote(text) for name, text in found.groupdict().items()} if found else {}


def copy(store: Store, buckets: Mapping[str, str], request: Request, bucket: str, key: str) -> Response | CosError:
    """Return the answer to a request that has a copy source; the object is then there with the request's metadata."""
    what = source(request)
    if not what or buckets.get(what["bucket"]) != what["region"]:
        return CosError(400, "InvalidArgument", "The copy source is no object in a bucket that is here.")
    if request.header("x-cos-metadata-directive") != "Replaced":
        return CosError(501, "NotImplemented", "The local cloud copies with new metadata alone.")
    found = store.send("GET", what["bucket"], what["key"])
    if found.status != HTTPStatus.OK:
        return CosError(404, "NoSuchKey")
    wanted = request.header("x-cos-copy-source-if-match")
    if wanted and wanted.strip('"') != found.header("etag").strip('"'):
        return CosError(412, "PreconditionFailed", "The source has another ETag.")
    answer = store.send("PUT", bucket, key, headers=to_s3_headers(request.headers), body=found.body)
    root = ET.Element("CopyObjectResult")
    add_fields(root, {"ETag": answer.header("etag"), "LastModified": answer.header("last-modified")})
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    return Response(answer.status, (*headers, ("Content-Type", "application/xml")), to_xml(root))
