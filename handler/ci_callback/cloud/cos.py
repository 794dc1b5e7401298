"""Objects in COS and queries to CI's job API, through the COS SDK over `session.py`, within the deadline.

https://cloud.tencent.com/document/product/436/7749 (PUT Object), 436/7745 (HEAD Object).
"""

from __future__ import annotations

import time
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from ci_callback.errors import NotFound, Refused, StoreError, Unavailable

from .deferred_imports import placeholders
from .session import Session

with placeholders():
    from qcloud_cos import CosClientError, CosConfig, CosS3Auth, CosS3Client, CosServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .credentials import Credentials
    from .deadline import Deadline
    from .session import Response
    from .transport import Transport

_Answer = TypeVar("_Answer")

VERSION = "x-cos-version-id"  # COS names it where a bucket has versions

_ATTEMPTS = 3  # of a request, at most
_SHORTEST_WAIT_S = 0.05

_LARGEST_ANSWER = 16_000_000  # bytes of one that is no object: a list, a job, an error

# 409 is that of another request at the same time: PathConflict, UploadConflict.
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}


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
        try:
            answer = self._run(
                bucket,
                lambda client: _of_object(
                    client.copy_object(
                        Bucket=bucket,
                        Key=key,
                        CopySource={"Bucket": bucket, "Key": key, "Region": self.regions[bucket]},
                        CopyStatus="Replaced",
                        CopySourceIfMatch=etag,
                        ContentType="application/json",
                        Metadata=dict(metadata),
                    )
                ),
            )
        except (_Changed, NotFound):
            return None
        return self._note_version(bucket, answer)

    def head(self, bucket: str, key: str, version: str = "") -> Mapping[str, str] | None:
        """Return an object's headers, names in lower case, or None where there is no object. One request."""
        chosen = {"VersionId": version} if version else {}
        try:
            headers = self._run(bucket, lambda client: _of_object(client.head_object(Bucket=bucket, Key=key, **chosen)))
        except NotFound:
            return None
        self._note_version(bucket, headers)
        return headers

    def list_versions(self, bucket: str, key: str, limit: int) -> list[str]:
        """Return an object's versions, the newest first, up to `limit` or its last deletion. One request."""
        parameters = {"versions": "", "prefix": key, "max-keys": str(limit), "encoding-type": "url"}
        wanted = Request(bucket, parameters=parameters)
        return self._run(bucket, lambda client: _live_versions(self._ask(client, wanted).content, key))

    def get(self, bucket: str, key: str, most: int) -> tuple[Mapping[str, str], bytes] | None:
        """Return an object's headers (names in lower case) and bytes, or None where there is none. One request.

        Raises Unreadable for an object of more than `most` bytes, before its content is read, and for a compressed one.
        """

        def request(client: Any) -> tuple[Mapping[str, str], bytes]:
            answer = self._ask(client, Request(bucket, path=key))
            return _of_object(answer.headers), answer.content

        try:
            return self._run(bucket, request, most=most)
        except NotFound:
            return None

    def list_keys(self, bucket: str, prefix: str, after: str, limit: int) -> list[str]:
        """Return up to `limit` keys below a prefix that follow `after`, in COS's order. One request."""
        parameters = {"prefix": prefix, "marker": after, "max-keys": str(limit), "encoding-type": "url"}
        wanted = Request(bucket, parameters=parameters)
        return self._run(bucket, lambda client: _keys(self._ask(client, wanted).content))

    def walk_keys(self, bucket: str, prefix: str, after: str, page: int) -> Iterator[str]:
        """Yield the keys below a prefix that follow `after`, in COS's order. One request for each `page` of them."""
        while keys := self.list_keys(bucket, prefix, after, page):
            yield from keys
            after = keys[-1]

    def delete(self, bucket: str, key: str, version: str = "") -> None:
        """Delete an object, or one version of it, if it exists. One request."""
        chosen = {"VersionId": version} if version else {}
        self._run(bucket, lambda client: client.delete_object(Bucket=bucket, Key=key, **chosen))

    def query_ci(self, bucket: str, path: str, parameters: Mapping[str, str]) -> bytes:
        """Return CI's answer (XML) to a GET of its job API, such as `jobs` with a tag; raise NotFound. One request.

        The SDK's own calls would evaluate the answer as Python text; https://cloud.tencent.com/document/product/436/54011.
        """
        wanted = Request(bucket, path=path, parameters=parameters, service="ci")
        return self._run(bucket, lambda client: self._ask(client, wanted)).content

    def send(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        """Return the status, headers (names in lower case) and body of any answer, refusals included. One request.

        Raises Unavailable where there is none. A POST is sent once: it would order twice.
        """
        passing: list[Response] = []

        def ask(client: Any) -> Response:
            answer = self._ask(client, request, accept_refusal=True)
            if _is_passing(answer.status_code):
                passing.append(answer)
                raise Unavailable(f"The answer is {answer.status_code}.")
            return answer

        attempts = 1 if request.method == "POST" else _ATTEMPTS
        try:
            return self._run(request.bucket, ask, attempts=attempts, accept_redirect=True)
        except Unavailable:
            if not passing:
                raise
            return passing[-1]

    def _ask(self, client: Any, request: Request, *, accept_refusal: bool = False) -> Response:
        """Return the answer to a signed request that no call of the SDK can make."""
        endpoint = f"{request.service}.{self.regions[request.bucket]}.myqcloud.com"
        url = client.get_conf().uri(bucket=request.bucket, path=request.path or None, endpoint=endpoint)
        parameters = dict(request.parameters)
        answer: Response = client.send_request(
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
        return answer

    def _put(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> str:
        # the SDK has no keyword for x-cos-forbid-overwrite; it sends each item of Metadata as a header
        answer = self._run(
            bucket,
            lambda client: _of_object(
                client.put_object(
                    Bucket=bucket, Key=key, Body=body, ContentType="application/json", Metadata=dict(headers)
                )
            ),
        )
        return self._note_version(bucket, answer)

    def _note_version(self, bucket: str, headers: Mapping[str, str]) -> str:
        version = headers.get(VERSION, "")
        if version:
            self.versioned.add(bucket)
        return version

    def _run(
        self,
        bucket: str,
        request: Callable[[Any], _Answer],
        *,
        most: int | None = None,
        attempts: int = _ATTEMPTS,
        accept_redirect: bool = False,
    ) -> _Answer:
        """Return the answer to a request, made again while COS is unavailable and time is left; raise StoreError.

        PUT too: the write protocol recognises one that was carried out unseen.
        """
        failure = Unavailable("The function's time is nearly over; no further request was begun.")
        for attempt in range(attempts):
            _pause(attempt)
            patience = self.deadline.patience(attempts - attempt)
            if patience.wait_s < _SHORTEST_WAIT_S:
                break
            session = Session(self.transport, patience, most or _LARGEST_ANSWER, accept_redirect=accept_redirect)
            try:
                return _attempt(session, self.credentials, self.regions[bucket], request)
            except Unavailable as error:
                failure = error
        raise failure


def _pause(attempt: int) -> None:
    """Wait before an attempt: not before the first two."""
    if attempt > 1:
        from random import random  # noqa: PLC0415 - rarely needed

        time.sleep(0.2 + random() / 10)  # noqa: S311 - no secret


@lru_cache(maxsize=16)
def _config(key: Credentials, region: str) -> CosConfig:
    """Return the SDK's configuration, which is made once for each key that the role has had."""
    return CosConfig(Region=region, SecretId=key.secret_id, SecretKey=key.secret_key, Token=key.token)


def _attempt(session: Session, key: Credentials, region: str, request: Callable[[Any], _Answer]) -> _Answer:
    """Return the answer to one request of the SDK; raise StoreError for its errors."""
    try:
        return request(CosS3Client(_config(key, region), retry=0, session=session))
    except CosServiceError as error:
        raise _error_of(error) from None
    except CosClientError as error:
        # the SDK makes one of these of every exception of its session
        if isinstance(error.__context__, StoreError):
            raise error.__context__ from None
        raise Unavailable(f"The request could not be made: {error}"[:300]) from None
    except ParseError:
        raise Unavailable("The answer was cut off: its XML does not end.") from None


def _of_object(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers of an answer about an object; raise Unavailable unless it is COS's."""
    if "etag" not in headers:
        raise Unavailable("The answer lacks the ETag that every object of COS has.")
    return headers


def _keys(listing: bytes) -> list[str]:
    """Return the keys of a listing; raise ParseError for one that was cut off, Unavailable for one that is none."""
    entries = _entries(listing, "ListBucketResult")
    keys = [unquote(entry.findtext("{*}Key", "")) for entry in entries.iterfind("{*}Contents")]
    if "" in keys:
        raise Unavailable("The answer is no list of keys.")
    return keys


def _live_versions(listing: bytes, key: str) -> list[str]:
    """Return the ids of a key's versions up to its last deletion; raise as `_keys` does."""
    versions = []
    # the SDK would sort versions and deletions apart; their order is what counts
    for entry in _entries(listing, "ListVersionsResult"):
        if entry.tag == "DeleteMarker" and unquote(entry.findtext("Key", "")) == key:
            break
        if entry.tag == "Version" and unquote(entry.findtext("Key", "")) == key:
            versions.append(entry.findtext("VersionId", ""))
    return versions


def _entries(listing: bytes, name: str) -> Element:
    """Return the root of a listing, an element of that name; raise as `_keys` does."""
    from defusedxml import DefusedXmlException  # noqa: PLC0415 - only for a command, and where there are versions
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    try:
        root = fromstring(listing)
    except DefusedXmlException:
        root = None
    if root is None or root.tag.rpartition("}")[2] != name:
        raise Unavailable("The answer is no list of keys.")
    return root


class _Conflict(Refused):
    """The key is taken."""


class _Changed(Refused):
    """The object is not the one that the request is meant for."""


def _is_passing(status: int) -> bool:
    return status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _error_of(error: CosServiceError) -> Unavailable | Refused:
    status = error.get_status_code()
    digest = error.get_digest_msg()
    code = str(digest.get("code", "")) if isinstance(digest, dict) else ""
    message = f"COS answered {status} {code[:64]}".rstrip()
    if status == HTTPStatus.OK:  # a copy that failed after COS had begun it: document 436/10881
        return Unavailable(message)
    if code == "FileAlreadyExists":  # the write protocol compares the objects
        return _Conflict(message)
    if status == HTTPStatus.PRECONDITION_FAILED:
        return _Changed(message)
    # NoSuchResource is the SDK's own, for HEAD; ResourceNotFound is CI's
    if status == HTTPStatus.NOT_FOUND and code in {"NoSuchKey", "NoSuchResource", "ResourceNotFound"}:
        return NotFound(message)
    if _is_passing(status):
        return Unavailable(message)
    return Refused(message)
