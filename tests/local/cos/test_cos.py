"""The local COS, seen through the unmodified COS SDK and through plain HTTP."""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qcloud_cos import CosS3Client, CosServiceError
from qcloud_cos.cos_auth import CosS3Auth
from requests.adapters import HTTPAdapter

from local.cos.server import Credentials, LocalCos
from local.http.server import PortTakenError
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
    from collections.abc import Iterator

    import requests

KEYS = ["a", "中文/键.json", "with space", "a+b", "100%", "a%2Fb", "double//slash", "end/", "q?x=1#f", "&<>\"'", "~-_."]


@pytest.fixture(scope="module")
def running() -> Iterator[LocalCos]:
    """One COS for the module."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        yield cos


@pytest.fixture
def cos(running: LocalCos) -> LocalCos:
    """Return the COS, empty and without a past."""
    for key in running.keys(BUCKET):
        running.delete(BUCKET, key)
    running.credentials = CREDENTIALS
    running.forget_requests()
    return running


@pytest.fixture
def session(cos: LocalCos) -> Iterator[requests.Session]:
    """Return a session whose every request goes to the local COS."""
    with session_to(cos.address) as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=20))
        yield session


@pytest.fixture
def client(session: requests.Session) -> CosS3Client:
    """Return the SDK with the role's credentials."""
    return sdk(session)


@pytest.mark.parametrize("way", ["transport", "ip"])
def test_an_object_comes_back_as_it_was_put(cos: LocalCos, session: requests.Session, way: str) -> None:
    """Body, type and metadata survive, by way of a transport adapter and of the SDK's own IP setting."""
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
def test_a_key_is_taken_literally(cos: LocalCos, client: CosS3Client, key: str) -> None:
    """Put, head, get, list and delete agree on the key, whatever characters it has."""
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
def test_any_key_and_body_survive(running: LocalCos, key: str, body: bytes) -> None:
    """Arbitrary keys and bytes come back from get and list as they went in."""
    with session_to(running.address) as session:
        client = sdk(session)
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
        assert read(client, key) == body
        assert key in [each["Key"] for each in client.list_objects(Bucket=BUCKET, Prefix=key)["Contents"]]
        client.delete_object(Bucket=BUCKET, Key=key)


def test_metadata_in_chinese_survives(cos: LocalCos, client: CosS3Client) -> None:
    """UTF-8 metadata is stored as text and sent as the same bytes."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"", Metadata={"x-cos-meta-song": "青花瓷"})
    assert cos.get(BUCKET, "a").metadata == {"song": "青花瓷"}
    header = client.head_object(Bucket=BUCKET, Key="a")["x-cos-meta-song"]
    assert header.encode("latin-1").decode() == "青花瓷"


def test_an_empty_object_is_an_object(client: CosS3Client) -> None:
    """No bytes are a body too, of COS's default type."""
    client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert read(client, "empty") == b""
    head = client.head_object(Bucket=BUCKET, Key="empty")
    assert (head["Content-Length"], head["Content-Type"]) == ("0", "application/octet-stream")


def test_part_of_an_object_can_be_read(client: CosS3Client) -> None:
    """A Range gives just these bytes."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"0123456789")
    assert read(client, "a", Range="bytes=2-4") == b"234"


def test_an_unchanged_object_is_not_sent_again(session: requests.Session, client: CosS3Client) -> None:
    """If-None-Match with the object's ETag is answered 304 without a body, and the connection lives on."""
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
def test_what_is_not_there_has_cos_s_error(session: requests.Session, change: dict[str, str], code: str) -> None:
    """An absent key or bucket, or the wrong region, is 404 with COS's code; HEAD says it without a body."""
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


def test_deleting_what_is_not_there_succeeds(client: CosS3Client) -> None:
    """Delete has no news of whether there was an object."""
    client.delete_object(Bucket=BUCKET, Key="absent")


def test_forbid_overwrite_keeps_what_is_there(cos: LocalCos, client: CosS3Client) -> None:
    """The second put-if-absent gets 409 FileAlreadyExists and changes nothing; a plain put replaces."""
    once = {"x-cos-forbid-overwrite": "true", "x-cos-meta-n": "1"}
    client.put_object(Bucket=BUCKET, Key="a", Body=b"first", Metadata=once)
    with pytest.raises(CosServiceError) as error:
        client.put_object(Bucket=BUCKET, Key="a", Body=b"second", Metadata={**once, "x-cos-meta-n": "2"})
    assert error_of(error) == (409, "FileAlreadyExists")
    assert (cos.get(BUCKET, "a").body, cos.get(BUCKET, "a").metadata) == (b"first", {"n": "1"})
    client.put_object(Bucket=BUCKET, Key="a", Body=b"third", Metadata={"x-cos-forbid-overwrite": "false"})
    assert cos.get(BUCKET, "a").body == b"third"


def test_forbid_overwrite_lets_exactly_one_win(cos: LocalCos, session: requests.Session) -> None:
    """Of twenty puts at the same moment one succeeds, and its bytes are what is stored."""
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
def test_nobody_else_gets_in(cos: LocalCos, session: requests.Session, credentials: Credentials, code: str) -> None:
    """A wrong key id, key or token, or none, is 403 and writes nothing."""
    with pytest.raises(CosServiceError) as error:
        sdk(session, credentials).put_object(Bucket=BUCKET, Key="a", Body=b"x")
    assert error_of(error) == (403, code)
    assert cos.keys(BUCKET) == []


def test_an_unsigned_request_is_denied(session: requests.Session) -> None:
    """A COS host answers nobody without a signature."""
    answer = session.get(f"https://{BUCKET}.cos.{REGION}.myqcloud.com/a")
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
    assert answer.text.startswith("<?xml version='1.0' encoding='utf-8' ?>")
    assert answer.headers["x-cos-request-id"] in answer.text


def test_credentials_can_rotate(cos: LocalCos, session: requests.Session) -> None:
    """After a rotation the new credentials work and the old ones do not."""
    new = Credentials("AKIDnew", "new-key", "new-token")
    cos.credentials = new
    sdk(session, new).put_object(Bucket=BUCKET, Key="a", Body=b"x")
    with pytest.raises(CosServiceError, match="InvalidAccessKeyId"):
        sdk(session).put_object(Bucket=BUCKET, Key="a", Body=b"x")


def test_a_listing_has_cos_s_fields(cos: LocalCos, client: CosS3Client) -> None:
    """What the SDK makes of a listing has COS's field names and values."""
    cos.put(BUCKET, "a", b"123")
    listing = client.list_objects(Bucket=BUCKET)
    entry = listing["Contents"][0]
    assert {name: listing[name] for name in ("Name", "IsTruncated", "MaxKeys", "EncodingType")} == {
        "Name": BUCKET,
        "IsTruncated": "false",
        "MaxKeys": "1000",
        "EncodingType": "url",
    }
    assert (entry["Key"], entry["Size"], entry["StorageClass"]) == ("a", "3", "STANDARD")
    assert entry["Owner"] == {"ID": "1234567890", "DisplayName": "1234567890"}
    assert entry["ETag"].startswith('"')
    assert entry["LastModified"].endswith("Z")


def test_a_listing_without_encoding_is_plain_xml(client: CosS3Client, cos: LocalCos, session: requests.Session) -> None:
    """Without `encoding-type=url` keys stand in the XML as they are."""
    cos.put(BUCKET, "中 文&", b"")
    headers = {"x-cos-security-token": CREDENTIALS.token}
    url = f"https://{BUCKET}.cos.{REGION}.myqcloud.com/"
    answer = session.get(url, headers=headers, auth=CosS3Auth(client.get_conf()))
    assert "<Key>中 文&amp;</Key>" in answer.content.decode()
    assert "EncodingType" not in answer.text


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("prefix", "delimiter", "keys", "prefixes"),
    [
        ("", "", ["a", "b/1", "b/2", "b/c/3", "中/1"], []),
        ("", "/", ["a"], ["b/", "中/"]),
        ("b/", "/", ["b/1", "b/2"], ["b/c/"]),
        ("b", "", ["b/1", "b/2", "b/c/3"], []),
        ("x", "/", [], []),
    ],
)
def test_pages_add_up_to_the_whole_listing(  # its parameters are the case
    cos: LocalCos,
    client: CosS3Client,
    page_size: int,
    prefix: str,
    delimiter: str,
    keys: list[str],
    prefixes: list[str],
) -> None:
    """Following NextMarker visits every key and common prefix once, whatever the page size."""
    for key in ["a", "b/1", "b/2", "b/c/3", "中/1"]:
        cos.put(BUCKET, key, b"")
    found_keys, found_prefixes, marker, truncated = [], [], "", "true"
    while truncated == "true":
        page = client.list_objects(Bucket=BUCKET, Prefix=prefix, Delimiter=delimiter, Marker=marker, MaxKeys=page_size)
        found_keys += [each["Key"] for each in page.get("Contents", [])]
        found_prefixes += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        marker, truncated = page.get("NextMarker", ""), page["IsTruncated"]
    assert (found_keys, found_prefixes) == (keys, prefixes)


def test_max_keys_must_be_a_number(client: CosS3Client) -> None:
    """A page size that is no number is a bad request."""
    with pytest.raises(CosServiceError) as error:
        client.list_objects(Bucket=BUCKET, MaxKeys="many")
    assert error_of(error) == (400, "InvalidArgument")


@pytest.mark.parametrize(("key", "status"), [("k" * 850, 200), ("k" * 851, 400)])
def test_a_key_has_850_bytes_at_most(cos: LocalCos, client: CosS3Client, key: str, status: int) -> None:
    """A longer key is a bad request."""
    if status == 200:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    else:
        with pytest.raises(CosServiceError, match="KeyTooLong"):
            client.put_object(Bucket=BUCKET, Key=key, Body=b"")
    assert cos.requests[-1].status == status


def test_a_bucket_can_be_asked_for(client: CosS3Client) -> None:
    """HEAD of a bucket succeeds when it exists."""
    client.head_bucket(Bucket=BUCKET)
    assert not client.bucket_exists(Bucket="other-1234567890")


@pytest.mark.parametrize("method", ["get_bucket_acl", "get_bucket_cors"])
def test_what_is_not_built_says_so(client: CosS3Client, method: str) -> None:
    """An operation the local COS lacks is 501, never a wrong success."""
    with pytest.raises(CosServiceError) as error:
        getattr(client, method)(Bucket=BUCKET)
    assert error_of(error) == (501, "NotImplemented")


def test_what_cloud_infinite_lacks_says_so(client: CosS3Client) -> None:
    """A Cloud Infinite request that it has no answer to is recognised, its token checked, and answered 501."""
    with pytest.raises(CosServiceError) as error:
        client.ci_get_inventory_trigger_jobs(Bucket=BUCKET, JobID="b1")
    assert error_of(error) == (501, "NotImplemented")


def test_each_request_is_recorded_once(cos: LocalCos, client: CosS3Client) -> None:
    """A put is one request; what was asked and answered can be read, and forgotten."""
    client.put_object(Bucket=BUCKET, Key="中/a", Body=b"x", Metadata={"x-cos-meta-n": "1"})
    (seen,) = cos.requests
    assert (seen.method, seen.bucket, seen.key, seen.status, seen.code) == ("PUT", BUCKET, "中/a", 200, "")
    assert seen.host == f"{BUCKET}.cos.{REGION}.myqcloud.com"
    assert seen.headers["x-cos-meta-n"] == "1"
    assert CREDENTIALS.token not in repr(seen)
    cos.forget_requests()
    assert cos.requests == []


def test_working_by_hand_leaves_no_record(cos: LocalCos) -> None:
    """Objects put, read, listed and deleted by hand are no requests."""
    cos.put(BUCKET, "a", b"1", metadata={"song": "青花瓷"}, content_type="text/plain")
    stored = cos.get(BUCKET, "a")
    assert (stored.body, stored.content_type, stored.metadata) == (b"1", "text/plain", {"song": "青花瓷"})
    cos.delete(BUCKET, "a")
    with pytest.raises(KeyError, match=f"{BUCKET}/a"):
        cos.get(BUCKET, "a")
    assert cos.requests == []


def test_people_can_look(cos: LocalCos, session: requests.Session) -> None:
    """Without a COS host the listing and each object can be read, nothing written, and nothing is recorded."""
    cos.put(BUCKET, "a/中.json", b"{}", content_type="application/json")
    assert session.get(f"{cos.address}/").text == (f"{BUCKET} ({REGION}): 1 object\n  /{BUCKET}/a/中.json  2 bytes\n")
    answer = session.get(f"{cos.address}/{BUCKET}/{quote('a/中.json')}")
    assert (answer.content, answer.headers["Content-Type"]) == (b"{}", "application/json")
    assert session.get(f"{cos.address}/{BUCKET}/absent").status_code == 404
    assert session.get(f"{cos.address}/other/a").status_code == 404
    refused = session.put(f"{cos.address}/{BUCKET}/a", data=b"x")
    assert (refused.status_code, "Host <bucket>.cos.<region>" in refused.text) == (405, True)
    assert cos.requests == []


def test_a_connection_serves_many_requests(cos: LocalCos) -> None:
    """HTTP/1.1 connections stay open, after an error and a HEAD too."""
    connection = http.client.HTTPConnection("127.0.0.1", cos.port)
    sockets = set()
    for method, path in [("GET", "/"), ("PUT", "/a"), ("HEAD", "/"), ("GET", "/absent"), ("GET", "/")]:
        connection.request(method, path, b"body" if method == "PUT" else None)
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets - {None}) == 1
    connection.close()


@pytest.mark.parametrize(
    "head",
    [b"PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
)
def test_a_malformed_body_is_a_bad_request(cos: LocalCos, head: bytes) -> None:
    """A body that cannot be read as announced is 400 and ends the connection."""
    with socket.create_connection(("127.0.0.1", cos.port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(head)
        assert answer.read().startswith(b"HTTP/1.1 400 ")


def test_a_large_body_is_asked_for(cos: LocalCos) -> None:
    """A client that announces its body first is told to go on."""
    with socket.create_connection(("127.0.0.1", cos.port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(b"PUT /a HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"
        connection.sendall(b"x")
        assert answer.readline() == b"\r\n"
        assert answer.readline().startswith(b"HTTP/1.1 405 ")


def test_a_key_must_be_utf_8(session: requests.Session) -> None:
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


def test_stopping_leaves_nothing_behind() -> None:
    """After stop no thread is left, not even one of an idle connection, and the port is free again."""
    before = set(threading.enumerate())
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as cos:
        port = cos.port
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/")
        connection.getresponse().read()
    assert set(threading.enumerate()) <= before
    connection.close()
    LocalCos(buckets={}, credentials=CREDENTIALS, port=port).stop()


def test_a_taken_port_is_named(running: LocalCos) -> None:
    """The error for a port in use says which one."""
    with pytest.raises(PortTakenError, match=f"port {running.port} is taken"):
        LocalCos(buckets={}, credentials=CREDENTIALS, port=running.port)
