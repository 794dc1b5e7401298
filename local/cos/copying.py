"""PUT Object - Copy (document 436/10881): with the source's metadata, or with others (`Replaced`)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote

from local.cos.headers import to_s3_headers
from local.http.message import Response
from local.http.xml import ServiceError, xml_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cos.store import Store
    from local.http.message import Request

SOURCE = "x-cos-copy-source"

_SOURCE = re.compile(
    r"(?P<bucket>[a-z0-9-]+)\.cos\.(?P<region>[a-z0-9-]+)\.(?:myqcloud\.com|tencentcos\.cn)/(?P<key>[^?]+)"
    r"(?:\?versionId=(?P<version>[\w.-]+))?"
)


def source(request: Request) -> dict[str, str]:
    """Return bucket, region, key and version of a copy's source, decoded; empty for any other request."""
    found = _SOURCE.fullmatch(request.header(SOURCE))
    return {name: unquote(text) for name, text in found.groupdict("").items()} if found else {}


def copy(store: Store, buckets: Mapping[str, str], request: Request, bucket: str, key: str) -> Response:
    """Copy an object, or one version of it, under a key; raise ServiceError."""
    origin = source(request)
    if not origin or buckets.get(origin["bucket"]) != origin["region"]:
        raise ServiceError(400, "InvalidArgument", "The copy source is no object in a bucket of the local cloud.")
    query = f"versionId={origin['version']}" if origin["version"] else ""
    found = store.send("GET", origin["bucket"], origin["key"], query=query)
    if found.status != HTTPStatus.OK:
        raise ServiceError(404, "NoSuchKey")
    wanted = request.header("x-cos-copy-source-if-match")
    if wanted and wanted.strip('"') != found.header("etag").strip('"'):
        raise ServiceError(412, "PreconditionFailed", "The source has another ETag.")
    is_replaced = request.header("x-cos-metadata-directive").lower() == "replaced"
    metadata = to_s3_headers(request.headers if is_replaced else found.headers)
    stored = store.send("PUT", bucket, key, headers=metadata, body=found.body)
    content = {"ETag": stored.header("etag"), "LastModified": stored.header("last-modified")}
    answer = xml_response("CopyObjectResult", content, status=stored.status)
    of_body = {"content-length", "content-type"}
    headers = [(name, value) for name, value in stored.headers if name.lower() not in of_body]
    return Response(answer.status, (*headers, *answer.headers), answer.body)
