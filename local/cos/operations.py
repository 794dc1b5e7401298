"""Requests that moto answers as COS does: uploads in parts, tags of an object, deletion of several objects.

POST /<key>?uploads, PUT /<key>?partNumber&uploadId, POST /<key>?uploadId …    document 436/14112
PUT, GET and DELETE /<key>?tagging                                            documents 436/42997 to 42999
POST /?delete                                                                 document 436/8289
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from local.cos.headers import to_s3_headers
from local.cos.store import NAMESPACE, error_code
from local.http.message import Response
from local.http.xml import ServiceError, not_implemented

if TYPE_CHECKING:
    from local.cos.store import Store
    from local.http.message import Request

_PAGE = {
    *("encoding-type", "prefix", "delimiter", "max-parts", "part-number-marker"),
    *("max-uploads", "key-marker", "upload-id-marker"),
}


class Operation(NamedTuple):
    """One kind of request: on an object or a bucket, with these query parameters, named as in a CAM policy."""

    action: str
    method: str
    on_object: bool
    names: frozenset[str]


def _operation(action: str, method: str, names: str, *, on_object: bool = True) -> Operation:
    return Operation(f"name/cos:{action}", method, on_object, frozenset(names.split()))


_ALL = (
    _operation("InitiateMultipartUpload", "POST", "uploads"),
    _operation("UploadPart", "PUT", "partNumber uploadId"),
    _operation("CompleteMultipartUpload", "POST", "uploadId"),
    _operation("AbortMultipartUpload", "DELETE", "uploadId"),
    _operation("ListParts", "GET", "uploadId"),
    _operation("ListMultipartUploads", "GET", "uploads", on_object=False),
    _operation("DeleteMultipleObjects", "POST", "delete", on_object=False),
    _operation("PutObjectTagging", "PUT", "tagging"),
    _operation("GetObjectTagging", "GET", "tagging"),
    _operation("DeleteObjectTagging", "DELETE", "tagging"),
)


def find(request: Request, key: str) -> Operation | None:
    """Return the operation that a request asks for, None for any other."""
    names = frozenset(request.query_texts) - _PAGE
    asked = (request.method, bool(key), names)
    return next((each for each in _ALL if (each.method, each.on_object, each.names) == asked), None)


def answer(store: Store, request: Request, bucket: str, key: str, region: str) -> Response:
    """Carry out an operation; raise ServiceError."""
    if request.header("x-cos-copy-source"):
        raise not_implemented("a part that is copied from an object")
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in request.parameters if name != b"encoding-type")
    found = store.send(
        request.method, bucket, key, query=query, headers=to_s3_headers(request.headers), body=request.body
    )
    if found.status >= HTTPStatus.BAD_REQUEST:
        raise ServiceError(found.status, error_code(found) or "NoSuchKey")
    # moto names the bucket as it is stored there, and the document's namespace is S3's.
    own, host = store.name(bucket).encode(), f"{bucket}.cos.{region}.myqcloud.com".encode()
    body = NAMESPACE.sub(b"", found.body).replace(own + b".s3.amazonaws.com", host).replace(own, bucket.encode())
    content_type = (("Content-Type", "application/xml"),) if body else ()
    kept = tuple(
        (name, value) for name, value in found.headers if name.lower() not in {"content-type", "content-length"}
    )
    return Response(found.status, (*kept, *content_type), body)
