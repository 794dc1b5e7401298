"""Objects in COS and queries to CI's job API, through the COS SDK over `transport.py`, within the deadline.

https://cloud.tencent.com/document/product/436/7749 (PUT Object), 436/7745 (HEAD Object).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError

from ci_callback.errors import NotFound, Refused, Unavailable, Unreadable

from .deferred_imports import placeholders
from .transport import ATTEMPTS

with placeholders():
    import requests
    from qcloud_cos import CosClientError, CosConfig, CosS3Auth, CosS3Client, CosServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .credentials import Credentials
    from .deadline import Deadline
    from .transport import Transport

_Answer = TypeVar("_Answer")

VERSION = "x-cos-version-id"  # COS names it where a bucket has versions

_CHUNK = 64 * 1024  # bytes
_SHORTEST_WAIT_S = 0.05


class Request(NamedTuple):
    """A request that no method of Store makes; `path` is a key or a path of CI's API, "" for the bucket itself."""

    bucket: str
    method: str = "GET"
    path: str = ""
    parameters: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    service: Literal["cos", "ci"] = "cos"


class Store:
    """The buckets of one invocation. Every method raises Unavailable or Refused where COS did not do its work.

    `versioned` are the buckets that were seen to have versions, shared by the invocations of an instance.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        regions: Mapping[str, str],
        deadline: Deadline,
        versioned: set[str],
    ) -> None:
        self.transport = transport
        self.credentials = credentials
        self.regions = regions
        self.deadline = deadline
        self.versioned = versioned

    def within(self, deadline: Deadline) -> Store:
        """Return the same store with another deadline."""
        import copy  # noqa: PLC0415 - a callback has one deadline

        store = copy.copy(self)
        store.deadline = deadline
        return store

    def create(self, bucket: str, key: str, body: bytes, metadata: Mapping[str, str]) -> str | None:
        """Write an object unless its key is taken; return its version, None if the key is taken. One request.

        The version is "" in a bucket without versions. A versioned bucket writes over any object.
        """
        try:
            return self._put(bucket, key, body, {**metadata, "x-cos-forbid-overwrite": "true"})
        except _Conflict:
            return None

    def replace(self, bucket: str, key: str, body: bytes, metadata: Mapping[str, str]) -> str:
        """Write an object over any other; return its version, "" in a bucket without versions. One request."""
        return self._put(bucket, key, body, metadata)

    def replace_metadata(self, bucket: str, key: str, etag: str, metadata: Mapping[str, str]) -> str | None:
        """Replace an object's metadata if its content has this ETag; return its version, else None. One request.

        A conditional copy onto itself: https://cloud.tencent.com/document/product/436/10881.
        """
        client = self._client(bucket)
        try:
            answer = self._call(
                lambda: client.copy_object(
                    Bucket=bucket,
                    Key=key,
                    CopySource={"Bucket": bucket, "Key": key, "Region": self.regions[bucket]},
                    CopyStatus="Replaced",
                    CopySourceIfMatch=etag,
                    ContentType="application/json",
                    Metadata=dict(metadata),
                )
            )
        except (_Changed, NotFound):
            return None
        return self._note_version(bucket, answer)

    def head(self, bucket: str, key: str, version: str = "") -> Mapping[str, str] | None:
        """Return an object's headers, names in lower case, or None where there is no object. One request."""
        client = self._client(bucket)
        chosen = {"VersionId": version} if version else {}
        try:
            headers = self._call(lambda: client.head_object(Bucket=bucket, Key=key, **chosen))
        except NotFound:
            return None
        self._note_version(bucket, headers)
        return headers

    def list_versions(self, bucket: str, key: str, limit: int) -> list[str]:
        """Return an object's versions, the newest first, up to `limit` or its last deletion. One request."""
        parameters = {"versions": "", "prefix": key, "max-keys": str(limit), "encoding-type": "url"}
        try:
            return _live_versions(self._get("cos", bucket, "", parameters), key)
        except ParseError:
            raise Unavailable("The list of versions was cut off.") from None

    def get(self, bucket: str, key: str, most: int) -> tuple[Mapping[str, str], bytes] | None:
        """Return an object's headers (names in lower case) and bytes, or None where there is none. One request.

        Raises Unreadable for an object of more than `most` bytes, before its content is read, and for a compressed one.
        """
        client = self._client(bucket)
        content = b""

        def request() -> Mapping[str, str]:
            nonlocal content
            answer: dict[str, Any] = client.get_object(Bucket=bucket, Key=key)
            body = answer.pop("Body")
            with body.get_raw_stream():
                _check_readable({name.lower(): value for name, value in answer.items()}, most)
                content = b"".join(body.get_stream(_CHUNK))
            return answer

        try:
            return self._call(request), content
        except NotFound:
            return None

    def list_keys(self, bucket: str, prefix: str, after: str, limit: int) -> list[str]:
        """Return up to `limit` keys below a prefix that follow `after`, in COS's order. One request."""
        client = self._client(bucket)
        answer = self._run(lambda: client.list_objects(Bucket=bucket, Prefix=prefix, Marker=after, MaxKeys=limit))
        return [entry["Key"] for entry in answer.get("Contents", [])]

    def delete(self, bucket: str, key: str, version: str = "") -> None:
        """Delete an object, or one version of it, if it exists. One request."""
        client = self._client(bucket)
        chosen = {"VersionId": version} if version else {}
        self._run(lambda: client.delete_object(Bucket=bucket, Key=key, **chosen))

    def query_ci(self, bucket: str, path: str, parameters: Mapping[str, str]) -> bytes:
        """Return CI's answer (XML) to a GET of its job API, such as `jobs` with a tag; raise NotFound. One request.

        The SDK's own calls would evaluate the answer as Python text; https://cloud.tencent.com/document/product/436/54011.
        """
        return self._get("ci", bucket, path, parameters)

    def send(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        """Return the status, headers (names in lower case) and body of any answer, refusals included. One request.

        Raises Unavailable where there is none.
        """
        answer = self._send(request, accept_refusal=True)
        return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content

    def _get(self, service: Literal["cos", "ci"], bucket: str, path: str, parameters: Mapping[str, str]) -> bytes:
        """Return the body of the answer to a GET, unread. One request."""
        content: bytes = self._send(Request(bucket, path=path, parameters=parameters, service=service)).content
        return content

    def _send(self, request: Request, *, accept_refusal: bool = False) -> Any:
        """Return the answer to a signed request that no call of the SDK can make."""
        client = self._client(request.bucket)
        endpoint = f"{request.service}.{self.regions[request.bucket]}.myqcloud.com"
        url = client.get_conf().uri(bucket=request.bucket, path=request.path or None, endpoint=endpoint)
        parameters = dict(request.parameters)
        return self._run(
            lambda: client.send_request(
                request.method,
                url,
                request.bucket,
                auth=CosS3Auth(client.get_conf(), request.path, params=parameters),
                params=parameters,
                headers=dict(request.headers),
                data=request.body,
                # the SDK raises no error for a request that is not to COS, as it calls it
                cos_request=not accept_refusal,
                ci_request=request.service == "ci",
            )
        )

    def _put(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> str:
        client = self._client(bucket)
        # the SDK has no keyword for x-cos-forbid-overwrite; it sends each item of Metadata as a header
        answer = self._call(
            lambda: client.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType="application/json", Metadata=dict(headers)
            )
        )
        return self._note_version(bucket, answer)

    def _note_version(self, bucket: str, headers: Mapping[str, str]) -> str:
        version = headers.get(VERSION, "")
        if version:
            self.versioned.add(bucket)
        return version

    def _client(self, bucket: str) -> Any:
        """Return a client for one request: keys rotate and time runs out, so neither is kept."""
        share = self.deadline.share(ATTEMPTS)
        if share < _SHORTEST_WAIT_S:
            raise Unavailable("The function's time is nearly over; no further request was begun.")
        config = CosConfig(
            Region=self.regions[bucket],
            SecretId=self.credentials.secret_id,
            SecretKey=self.credentials.secret_key,
            Token=self.credentials.token,
            Timeout=share,
        )
        return CosS3Client(config, retry=0, session=self.transport.session)

    def _call(self, request: Callable[[], Mapping[str, str]]) -> Mapping[str, str]:
        """Return the headers of an answer, names in lower case; raise Unavailable unless it is COS's, and whole."""
        headers = {name.lower(): value for name, value in self._run(request).items()}
        # A redirect, a captive portal and a header block cut off early all look like success to the SDK.
        if not headers.keys() >= {"etag", "x-cos-request-id"}:
            raise Unavailable("The answer lacks the headers of every answer of COS: it was cut off or is not COS's.")
        return headers

    def _run(self, request: Callable[[], _Answer]) -> _Answer:
        """Return the SDK's answer before the deadline; raise StoreError for its errors."""
        try:
            return self.transport.run(self.deadline, request)
        except CosServiceError as error:
            raise _error_of(error) from None
        except (CosClientError, requests.RequestException, ParseError) as error:
            raise Unavailable(f"COS could not be reached: {error}"[:300]) from None


def _live_versions(listing: bytes, key: str) -> list[str]:
    """Return the ids of a key's versions up to its last deletion; raise ParseError for a listing that was cut off."""
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - only where there are versions

    versions = []
    for entry in fromstring(listing):  # the SDK would sort versions and deletions apart; their order is what counts
        if entry.tag == "DeleteMarker" and unquote(entry.findtext("Key", "")) == key:
            break
        if entry.tag == "Version" and unquote(entry.findtext("Key", "")) == key:
            versions.append(entry.findtext("VersionId", ""))
    return versions


def _check_readable(headers: Mapping[str, str], most: int) -> None:
    """Raise Unreadable unless the content is at most so long, and neither compressed nor of unknown length."""
    length = headers.get("content-length", "")
    if headers.get("content-encoding") or not (length.isascii() and length.isdecimal()) or int(length) > most:
        raise Unreadable(f"The object is compressed or larger than {most} bytes; it was not read.")


class _Conflict(Refused):
    """The key is taken."""


class _Changed(Refused):
    """The object is not the one that the request is meant for."""


def _error_of(error: CosServiceError) -> Unavailable | Refused:
    status = error.get_status_code()
    digest = error.get_digest_msg()
    code = str(digest.get("code", "")) if isinstance(digest, dict) else ""
    message = f"COS answered {status} {code[:64]}".rstrip()
    if status == HTTPStatus.OK:  # a copy that failed after COS had begun it: document 436/10881
        return Unavailable(message)
    if status == HTTPStatus.CONFLICT:  # FileAlreadyExists; the write protocol compares the objects
        return _Conflict(message)
    if status == HTTPStatus.PRECONDITION_FAILED:
        return _Changed(message)
    # NoSuchResource is the SDK's own, for HEAD; ResourceNotFound is CI's
    if status == HTTPStatus.NOT_FOUND and code in {"NoSuchKey", "NoSuchResource", "ResourceNotFound"}:
        return NotFound(message)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(message)
    return Refused(message)
