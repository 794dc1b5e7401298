"""Objects in moto's S3: the short way to them answers as moto's HTTP layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.cos.store import Store, error_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.http.message import Response

THROUGH_MOTO = ("Accept", "*/*")  # a header for which the short way is not taken
METADATA = [("Content-Type", "text/plain"), ("X-Amz-Meta-Foo", "中".encode().decode("latin-1"))]
IF_FREE = [("If-None-Match", "*")]


@pytest.fixture
def store() -> Iterator[Store]:
    """Return two buckets, one of them with versions, and an object in each."""
    store = Store(["plain", "versioned"], ["versioned"])
    for bucket in ("plain", "versioned"):
        store.send("PUT", bucket, "kept", headers=METADATA, body=b"old")
    yield store
    store.close()


def seen(answer: Response) -> tuple[int, str, list[tuple[str, str]], bytes]:
    """Return an answer without what differs each time."""
    own = {"x-amzn-requestid", "date", "x-amz-version-id", "last-modified"}
    headers = sorted((name.lower(), value) for name, value in answer.headers if name.lower() not in own)
    code = error_code(answer) if answer.status >= 400 else ""
    return answer.status, code, headers, b"" if code else answer.body


@pytest.mark.parametrize("bucket", ["plain", "versioned"])
@pytest.mark.parametrize(
    ("method", "key", "headers"),
    [
        ("PUT", "new 中/key", []),
        ("PUT", "new", METADATA),
        ("PUT", "kept", []),
        ("PUT", "kept", IF_FREE),
        ("GET", "kept", []),
        ("GET", "absent", []),
        ("HEAD", "kept", []),
        ("HEAD", "absent", []),
        ("DELETE", "kept", []),
    ],
)
def test_short_way_answers_as_moto(
    method: str, key: str, headers: list[tuple[str, str]], bucket: str, store: Store
) -> None:
    """Status, error code, headers and content are the same."""
    body = b"content" if method == "PUT" else b""
    answers = [store.send(method, bucket, key, headers=[*headers, *way], body=body) for way in ([], [THROUGH_MOTO])]
    assert seen(answers[0]) == seen(answers[1])


def test_put_replaces_metadata_and_tags(store: Store) -> None:
    """As moto's HTTP layer does."""
    tags = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    assert store.send("PUT", "plain", "kept", query="tagging", body=tags).status == 200
    assert ("x-amz-tagging-count", "1") in store.send("GET", "plain", "kept").headers
    store.send("PUT", "plain", "kept", body=b"new")
    headers = dict(store.send("GET", "plain", "kept").headers)
    assert not {"x-amz-tagging-count", "x-amz-meta-foo"} & headers.keys()
