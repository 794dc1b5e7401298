"""The local COS, seen through the unmodified COS SDK and through plain HTTP."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcloud_cos import CosS3Client, CosServiceError
from qcloud_cos.cos_auth import CosS3Auth

from local.cos.server import Credentials, LocalCos
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
    read,
    sdk,
    session_to,
)

if TYPE_CHECKING:
    import requests

KEYS = ["a", "中文/键.json", "with space", "a+b", "100%", "a%2Fb", "double//slash", "end/", "q?x=1#f", "&<>\"'", "~-_."]


@pytest.mark.parametrize("way", ["transport", "ip"])
def test_stored_object_is_read_back(cos: LocalCos, session: requests.Session, way: str) -> None:
    """Body, type and metadata survive, through a transport adapter and through the SDK's own IP setting."""
    own_way: dict[str, Any] = {"Scheme": "http", "IP": "127.0.0.1", "Port": cos.port} if way == "ip" else {}
    client = sdk(session, **own_way)
    put = client.put_object(
        Bucket=BUCKET, Key="a/b.json", Body=b"{}", ContentType="application/json", Metadata={"x-cos-meta-Job": "s1"}
    )
    head = client.head_object(Bucket=BUCKET, Key="a/b.json")
    assert read(client, "a/b.json") == b"{}"
    assert head["ETag"] == put["ETag"] == f'"{hashlib.md5(b"{}", usedforsecurity=False).hexdigest()}"'
    assert head["Content-Length"] == "2"
    assert head["Content-Type"] == "application/json"
    assert head["x-cos-meta-job"] == "s1"
    assert head["x-cos-hash-crc64ecma"] == "10633378508977395037"
    assert "Last-Modified" in head
    assert not [name for name in {**put, **head} if "amz" in name.lower()]


@pytest.mark.parametrize("key", KEYS)
def test_key_is_literal(cos: LocalCos, client: CosS3Client, key: str) -> None:
    """Put, head, get, list and delete agree on the key, with any characters."""
    client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert cos.keys(BUCKET) == [key]
    assert read(client, key) == key.encode()
    client.head_object(Bucket=BUCKET, Key=key)
    assert [each["Key"] for each in client.list_objects(Bucket=BUCKET)["Contents"]] == [key]
    client.delete_object(Bucket=BUCKET, Key=key)
    assert cos.keys(BUCKET) == []


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
        lambda key: not key.startswith("/") and not {".", "..", ""} & set(key.split("/"))
    ),
    body=st.binary(max_size=200),
)
def test_any_key_and_body_are_read_back(running: LocalCos, key: str, body: bytes) -> None:
    """Get and list return arbitrary keys and bytes unchanged."""
    with session_to(running.address) as session:
        client = sdk(session)
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
        assert read(client, key) == body
        assert key in [each["Key"] for each in client.list_objects(Bucket=BUCKET, Prefix=key)["Contents"]]
        client.delete_object(Bucket=BUCKET, Key=key)


def test_chinese_metadata_is_read_back(cos: LocalCos, client: CosS3Client) -> None:
    """UTF-8 metadata is stored as text and sent as the same bytes."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"", Metadata={"x-cos-meta-song": "青花瓷"})
    assert cos.get(BUCKET, "a").metadata == {"song": "青花瓷"}
    header = client.head_object(Bucket=BUCKET, Key="a")["x-cos-meta-song"]
    assert header.encode("latin-1").decode() == "青花瓷"


def test_empty_object_is_stored(client: CosS3Client) -> None:
    """It has COS's default type."""
    client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert read(client, "empty") == b""
    head = client.head_object(Bucket=BUCKET, Key="empty")
    assert (head["Content-Length"], head["Content-Type"]) == ("0", "application/octet-stream")


def test_range_reads_part_of_an_object(client: CosS3Client) -> None:
    """A Range returns exactly these bytes."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    assert read(client, "a", Range="bytes=2-4") == b"234"


def test_unchanged_object_is_304(session: requests.Session, client: CosS3Client) -> None:
    """If-None-Match with the object's ETag has no body, and the connection stays open."""
    etag = client.put_object(Bucket=BUCKET, Key="a", Body=b"x")["ETag"]
    headers = {"x-cos-security-token": CREDENTIALS.token, "If-None-Match": etag}
    url = f"https://{BUCKET}.cos.{REGION}.myqcloud.com/a"
    answer = session.get(url, headers=headers, auth=CosS3Auth(client.get_conf(), "a"))
    assert (answer.status_code, answer.content) == (304, b"")
    assert read(client, "a") == b"x"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Key": "absent"}, "NoSuchKey"),
        ({"Bucket": "other-1234567890"}, "NoSuchBucket"),
        ({"Region": "ap-beijing"}, "NoSuchBucket"),
    ],
)
def test_missing_object_or_bucket_is_404(session: requests.Session, change: dict[str, str], code: str) -> None:
    """An absent key or bucket, or the wrong region, has COS's code; HEAD has no body."""
    region = change.pop("Region", REGION)
    client = sdk(session, Region=region)
    with pytest.raises(CosServiceError) as error:
        client.get_object(**{"Bucket": BUCKET, "Key": "a", **change})
    assert error_of(error) == (404, code)
    bucket = change.get("Bucket", BUCKET)
    assert error.value.get_resource_location().startswith(f"{bucket}.cos.{region}.myqcloud.com/")
    assert error.value.get_request_id()
    with pytest.raises(CosServiceError) as error:
        client.head_object(**{"Bucket": BUCKET, "Key": "a", **change})
    assert error_of(error) == (404, "NoSuchResource")


def test_deleting_a_missing_object_succeeds(client: CosS3Client) -> None:
    """Delete does not report whether there was an object."""
    client.delete_object(Bucket=BUCKET, Key="absent")


def test_forbid_overwrite_keeps_the_stored_object(cos: LocalCos, client: CosS3Client) -> None:
    """The second put-if-absent gets 409 FileAlreadyExists and changes nothing; a plain put replaces."""
    once = {"x-cos-forbid-overwrite": "true", "x-cos-meta-n": "1"}
    client.put_object(Bucket=BUCKET, Key="a", Body=b"first", Metadata=once)
    with pytest.raises(CosServiceError) as error:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"second", Metadata={**once, "x-cos-meta-n": "2"})
    assert error_of(error) == (409, "FileAlreadyExists")
    assert (cos.get(BUCKET, "a").body, cos.get(BUCKET, "a").metadata) == (b"first", {"n": "1"})
    client.put_object(Bucket=BUCKET, Key="a", Body=b"third", Metadata={"x-cos-forbid-overwrite": "false"})
    assert cos.get(BUCKET, "a").body == b"third"


def test_one_of_twenty_concurrent_puts_wins(cos: LocalCos, session: requests.Session) -> None:
    """With forbid-overwrite one put succeeds, and its bytes are stored."""
    start = threading.Barrier(20)

    def put(number: int) -> int | None:
        client = sdk(session, Scheme="http", IP="127.0.0.1", Port=cos.port)
        start.wait()
        try:
            client.put_object(Bucket=BUCKET, Key="race", Body=str(number), Metadata={"x-cos-forbid-overwrite": "true"})
        except CosServiceError:
            return None
        return number

    with ThreadPoolExecutor(20) as pool:
        winners = [number for number in pool.map(put, range(20)) if number is not None]
    assert [str(number).encode() for number in winners] == [cos.get(BUCKET, "race").body]
    assert sorted(seen.status for seen in cos.requests) == [200, *[409] * 19]


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (Credentials("AKIDother", "secret-key", "session-token"), "InvalidAccessKeyId"),
        (Credentials("AKIDtest", "wrong", "session-token"), "SignatureDoesNotMatch"),
        (Credentials("AKIDtest", "secret-key", "wrong"), "InvalidToken"),
        (Credentials("AKIDtest", "secret-key"), "InvalidAccessKeyId"),
    ],
)
def test_wrong_credentials_are_403(
    cos: LocalCos, session: requests.Session, credentials: Credentials, code: str
) -> None:
    """A wrong key id, key or token, or none, writes nothing."""
    with pytest.raises(CosServiceError) as error:
        sdk(session, credentials).put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert error_of(error) == (403, code)
    assert cos.keys(BUCKET) == []


def test_unsigned_request_is_denied(session: requests.Session) -> None:
    """A COS host requires a signature."""
    answer = session.get(f"https://{BUCKET}.cos.{REGION}.myqcloud.com/a")
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
    assert answer.text.startswith("<?xml version='1.0' encoding='utf-8' ?>")
    assert answer.headers["x-cos-request-id"] in answer.text


def test_rotated_credentials_replace_the_old_ones(cos: LocalCos, session: requests.Session) -> None:
    """After a rotation the new credentials work and the old ones do not."""
    new = Credentials("AKIDnew", "new-key", "new-token")
    cos.credentials = new
    sdk(session, new).put_object(Bucket=BUCKET, Key="a", Body=b"x")
    with pytest.raises(CosServiceError, match="InvalidAccessKeyId"):
        sdk(session).put_object(Bucket=BUCKET, Key="a", Body=b"x")


@pytest.mark.parametrize(("key", "status"), [("k" * 850, 200), ("k" * 851, 400)])
def test_key_over_850_bytes_is_400(cos: LocalCos, client: CosS3Client, key: str, status: int) -> None:
    """A longer key is a bad request."""
    if status == 200:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    else:
        with pytest.raises(CosServiceError, match="KeyTooLong"):
            client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    assert cos.requests[-1].status == status


def test_head_bucket_succeeds_for_existing_buckets(client: CosS3Client) -> None:
    """HEAD of a missing bucket fails."""
    client.head_bucket(Bucket=BUCKET)
    assert not client.bucket_exists(Bucket="other-1234567890")


@pytest.mark.parametrize("method", ["get_bucket_acl", "get_bucket_cors"])
def test_missing_operation_is_501(client: CosS3Client, method: str) -> None:
    """An operation that the local cloud lacks is never a wrong success."""
    with pytest.raises(CosServiceError) as error:
        getattr(client, method)(Bucket=BUCKET)
    assert error_of(error) == (501, "NotImplemented")


def test_missing_ci_operation_is_501(client: CosS3Client) -> None:
    """An unknown request to Cloud Infinite is recognised, and its token checked."""
    with pytest.raises(CosServiceError) as error:
        client.ci_get_inventory_trigger_jobs(Bucket=BUCKET, JobID="b1")
    assert error_of(error) == (501, "NotImplemented")


def test_lifecycle_has_the_rules_of_the_bucket(cos: LocalCos, client: CosS3Client) -> None:
    """COS answers 404 where there is none."""
    (rule,) = client.get_bucket_lifecycle(Bucket=BUCKET)["Rule"]
    assert (rule["Filter"], rule["Expiration"]) == ({"Prefix": "ci-callback/dead-letter/"}, {"Days": "90"})
    cos.lifecycle[BUCKET] = []
    with pytest.raises(CosServiceError) as caught:
        client.get_bucket_lifecycle(Bucket=BUCKET)
    assert caught.value.get_error_code() == "NoSuchLifecycleConfiguration"


def test_each_request_is_recorded_once(cos: LocalCos, client: CosS3Client) -> None:
    """The record has request and status without secrets, and can be emptied."""
    client.put_object(Bucket=BUCKET, Key="中/a", Body=b"x", Metadata={"x-cos-meta-n": "1"})
    (seen,) = cos.requests
    assert (seen.method, seen.bucket, seen.key, seen.status, seen.code) == ("PUT", BUCKET, "中/a", 200, "")
    assert seen.host == f"{BUCKET}.cos.{REGION}.myqcloud.com"
    assert seen.headers["x-cos-meta-n"] == "1"
    assert CREDENTIALS.token not in repr(seen)
    cos.forget_requests()
    assert cos.requests == []


def test_work_by_hand_is_not_recorded(cos: LocalCos) -> None:
    """Objects put, read, listed and deleted by hand are no requests."""
    cos.put(BUCKET, "a", b"1", metadata={"song": "青花瓷"}, content_type="text/plain")
    stored = cos.get(BUCKET, "a")
    assert (stored.body, stored.content_type, stored.metadata) == (b"1", "text/plain", {"song": "青花瓷"})
    cos.delete(BUCKET, "a")
    with pytest.raises(KeyError, match=f"{BUCKET}/a"):
        cos.get(BUCKET, "a")
    assert cos.requests == []


def test_key_without_utf_8_is_400(session: requests.Session) -> None:
    """Other bytes in the path are a bad request."""
    answer = session.get(f"https://{BUCKET}.cos.{REGION}.myqcloud.com/%FF")
    assert (answer.status_code, "<Code>InvalidURI</Code>" in answer.text) == (400, True)


def test_two_clouds_share_nothing() -> None:
    """Buckets of the same name in two local COS are two buckets."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as one:
        one.put(BUCKET, "a", b"")
        with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as two:
            assert two.keys(BUCKET) == []
        assert one.keys(BUCKET) == ["a"]
