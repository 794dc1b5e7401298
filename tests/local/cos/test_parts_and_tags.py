"""Uploads in parts, tags and deletions of several objects: the unmodified COS SDK with the local COS as its proxy."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosConfig, CosS3Client, CosServiceError

from tests.support.sdk_client import BUCKET, CREDENTIALS, REGION, error_of, read

if TYPE_CHECKING:
    from pathlib import Path

    from local.cos.server import LocalCos

MB = 1 << 20
KEY = "video/a b+陈.mp4"
PARTS = {2: b"end", 1: bytes(MB)}  # in the order in which they are sent


@pytest.fixture
def proxied(cos: LocalCos) -> CosS3Client:
    """Return the SDK as any program has it: no session of its own, but a proxy."""
    config = CosConfig(
        Region=REGION,
        SecretId=CREDENTIALS.secret_id,
        SecretKey=CREDENTIALS.secret_key,
        Token=CREDENTIALS.token,
        Scheme="http",
        Proxies={"http": cos.address},
    )
    return CosS3Client(config, retry=0)


def begin(client: CosS3Client, **headers: Any) -> dict[str, str]:
    """Start an upload in parts; return the arguments of its requests."""
    upload = client.create_multipart_upload(Bucket=BUCKET, Key=KEY, **headers)
    assert (upload["Bucket"], upload["Key"]) == (BUCKET, KEY)
    return {"Bucket": BUCKET, "Key": KEY, "UploadId": upload["UploadId"]}


def test_upload_in_parts_makes_one_object(proxied: CosS3Client) -> None:
    """Parts in any order, of 1 MB at least except for the last, with the metadata of the first request."""
    upload = begin(proxied, Metadata={"x-cos-meta-n": "1"}, ContentType="video/mp4")
    sent = {number: proxied.upload_part(Body=body, PartNumber=number, **upload) for number, body in PARTS.items()}
    listed = proxied.list_parts(**upload)["Part"]
    assert [(each["PartNumber"], each["Size"], each["ETag"]) for each in listed] == [
        ("1", str(MB), sent[1]["ETag"]),
        ("2", "3", sent[2]["ETag"]),
    ]
    assert [each["Key"] for each in proxied.list_multipart_uploads(BUCKET, Prefix="video/")["Upload"]] == [KEY]
    parts = [{"PartNumber": number, "ETag": sent[number]["ETag"]} for number in (1, 2)]
    done = proxied.complete_multipart_upload(MultipartUpload={"Part": parts}, **upload)
    assert done["Location"].startswith(f"http://{BUCKET}.cos.{REGION}.myqcloud.com/")
    head = proxied.head_object(BUCKET, KEY)
    assert (head["ETag"], head["Content-Type"], head["x-cos-meta-n"]) == (done["ETag"], "video/mp4", "1")
    assert read(proxied, KEY) == PARTS[1] + PARTS[2]
    assert "Upload" not in proxied.list_multipart_uploads(BUCKET)


def test_aborted_upload_leaves_nothing(proxied: CosS3Client) -> None:
    """Its parts are gone, and its id is unknown."""
    upload = begin(proxied)
    proxied.upload_part(Body=b"x", PartNumber=1, **upload)
    proxied.abort_multipart_upload(**upload)
    with pytest.raises(CosServiceError) as raised:
        proxied.list_parts(**upload)
    assert error_of(raised) == (404, "NoSuchUpload")


def test_upload_in_parts_does_not_overwrite_where_forbidden(cos: LocalCos, proxied: CosS3Client) -> None:
    """As a plain PUT with x-cos-forbid-overwrite."""
    cos.put(BUCKET, KEY, b"old")
    with pytest.raises(CosServiceError) as raised:
        begin(proxied, Metadata={"x-cos-forbid-overwrite": "true"})
    assert error_of(raised) == (409, "FileAlreadyExists")


def test_large_file_is_uploaded_and_downloaded(proxied: CosS3Client, cos: LocalCos, tmp_path: Path) -> None:
    """By the SDK's own transfer manager, which looks for an interrupted upload first."""
    (tmp_path / "in").write_bytes(PARTS[1] + PARTS[2])
    proxied.upload_file(BUCKET, "big", str(tmp_path / "in"), PartSize=1, MAXThread=2, EnableMD5=True)
    proxied.download_file(BUCKET, "big", str(tmp_path / "out"), PartSize=1, MAXThread=2, EnableCRC=True)
    assert (tmp_path / "out").read_bytes() == cos.get(BUCKET, "big").body == PARTS[1] + PARTS[2]


def test_plain_copy_keeps_the_metadata(proxied: CosS3Client) -> None:
    """The SDK's copy between keys; of a source that does not exist there is none."""
    proxied.put_object(BUCKET, b"{}", KEY, Metadata={"x-cos-meta-n": "1"}, ContentType="application/json")
    source = {"Bucket": BUCKET, "Key": KEY, "Region": REGION}
    proxied.copy(BUCKET, "copied", source)
    head = proxied.head_object(BUCKET, "copied")
    assert (head["x-cos-meta-n"], head["Content-Type"], read(proxied, "copied")) == ("1", "application/json", b"{}")
    with pytest.raises(CosServiceError) as raised:
        proxied.copy_object(BUCKET, "copied", {**source, "Key": "missing"})
    assert error_of(raised) == (404, "NoSuchKey")


def test_several_objects_are_deleted_at_once(cos: LocalCos, proxied: CosS3Client) -> None:
    """Those that exist and those that do not; the others stay."""
    for key in (KEY, "b", "c"):
        cos.put(BUCKET, key, b"")
    deleted = proxied.delete_objects(BUCKET, {"Quiet": "false", "Object": [{"Key": KEY}, {"Key": "b"}, {"Key": "no"}]})
    assert {each["Key"] for each in deleted["Deleted"]} == {KEY, "b", "no"}
    assert cos.keys(BUCKET) == ["c"]


def test_tags_are_written_read_and_deleted(cos: LocalCos, proxied: CosS3Client) -> None:
    """The bytes and the metadata of the object stay."""
    cos.put(BUCKET, KEY, b"x", metadata={"n": "1"})
    tags = {"TagSet": {"Tag": [{"Key": "kind", "Value": "song"}, {"Key": "k2", "Value": "v2"}]}}
    proxied.put_object_tagging(BUCKET, KEY, tags)
    assert proxied.get_object_tagging(BUCKET, KEY) == tags
    proxied.delete_object_tagging(BUCKET, KEY)
    assert not proxied.get_object_tagging(BUCKET, KEY).get("TagSet")
    stored = cos.get(BUCKET, KEY)
    assert (stored.body, stored.metadata) == (b"x", {"n": "1"})


def test_https_by_the_proxy_is_refused(cos: LocalCos) -> None:
    """With the remedy: a client that asks for a tunnel must use http."""
    with socket.create_connection(("127.0.0.1", cos.port)) as connection:
        connection.sendall(
            f"CONNECT {BUCKET}.cos.{REGION}.myqcloud.com:443 HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
        )
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 501 ")
    assert b"set the client's scheme to http" in answer
