"""The local COS in a browser or curl: `/` lists everything, `/<bucket>/<key>` is an object."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from local.http.message import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.cos.store import Store


def view(method: str, path: str, buckets: Mapping[str, str], store: Store) -> Response:
    """Answer a request without a COS host; `path` is decoded, without its first slash."""
    if method == "CONNECT":
        return _plain(501, "The local cloud is a proxy for http only: set the client's scheme to http.")
    if method not in {"GET", "HEAD"}:
        return _plain(405, "Read only here. Requests to COS carry the Host <bucket>.cos.<region>.myqcloud.com.")
    if not path:
        return _plain(200, "\n".join(_inventory(buckets, store)))
    bucket, _, key = path.partition("/")
    if bucket not in buckets or not key:
        return _plain(404, "No such bucket or object; / lists them all.")
    answer = store.send("GET", bucket, key)
    if answer.status != HTTPStatus.OK:
        return _plain(404, "No such object; / lists them all.")
    return Response(200, (("Content-Type", answer.header("content-type")),), answer.body)


def _inventory(buckets: Mapping[str, str], store: Store) -> list[str]:
    lines = []
    for bucket, region in buckets.items():
        keys = store.keys(bucket)
        lines.append(f"{bucket} ({region}): {len(keys)} object{'' if len(keys) == 1 else 's'}")
        lines += [f"  /{bucket}/{key.name}  {key.size} bytes" for key in keys]
    return lines


def _plain(status: int, text: str) -> Response:
    return Response(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{text}\n".encode())
