"""A versioned bucket in the local COS, seen through the unmodified COS SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from local.cos.server import LocalCos
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = "plain-1234567890"


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS with a versioned bucket and a plain one."""
    buckets = {BUCKET: REGION, PLAIN: REGION}
    with LocalCos(buckets=buckets, credentials=CREDENTIALS, versioned={BUCKET}) as cos:
        yield cos


def put(client: CosS3Client, body: str, key: str = "a", **metadata: str) -> str:
    """Store an object and return its version."""
    answer = client.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)
    return str(answer["x-cos-version-id"])


def lines(listing: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return key, version, whether it is the latest, and kind; versions first, as the SDK sorts them."""
    return [
        (each["Key"], each["VersionId"], each["IsLatest"], kind)
        for kind in ("Version", "DeleteMarker")
        for each in listing.get(kind, [])
    ]


def test_each_put_creates_a_version(cos: LocalCos, client: CosS3Client) -> None:
    """Answers name the version, and each can be read; without a version the latest is read."""
    one, two = put(client, "1", **{"x-cos-meta-n": "1"}), put(client, "22", **{"x-cos-meta-n": "2"})
    assert one != two
    assert (read(client, "a"), read(client, "a", VersionId=one)) == (b"22", b"1")
    head = client.head_object(Bucket=BUCKET, Key="a", VersionId=one)
    assert (head["x-cos-version-id"], head["Content-Length"], head["x-cos-meta-n"]) == (one, "1", "1")
    assert client.head_object(Bucket=BUCKET, Key="a")["x-cos-version-id"] == two
    assert not [name for name in head if "amz" in name.lower()]
    assert [(each.version_id, each.latest, each.size) for each in cos.versions(BUCKET)] == [
        (two, True, 2),
        (one, False, 1),
    ]
    assert cos.keys(BUCKET) == ["a"]


def test_forbid_overwrite_is_ignored_with_versions(cos: LocalCos, client: CosS3Client) -> None:
    """The second put-if-absent succeeds as a new version; on the plain bucket it is refused."""
    once = {"x-cos-forbid-overwrite": "true"}
    put(client, "1", **once)
    put(client, "2", **once)
    assert (read(client, "a"), len(cos.versions(BUCKET))) == (b"2", 2)
    answer = client.put_object(Bucket=PLAIN, Key="a", Body=b"1", Metadata=once)
    assert "x-cos-version-id" not in answer
    with pytest.raises(CosServiceError, match="FileAlreadyExists"):
        client.put_object(Bucket=PLAIN, Key="a", Body=b"2", Metadata=once)


def test_delete_leaves_a_marker(cos: LocalCos, client: CosS3Client) -> None:
    """The object is gone, but its version can be read; deleting the marker restores it."""
    one = put(client, "1")
    deleted = client.delete_object(Bucket=BUCKET, Key="a")
    marker = deleted["x-cos-version-id"]
    assert deleted["x-cos-delete-marker"] == "true"
    with pytest.raises(CosServiceError, match="NoSuchKey"):
        read(client, "a")
    with pytest.raises(CosServiceError, match="NoSuchResource"):
        client.head_object(Bucket=BUCKET, Key="a")
    assert (cos.keys(BUCKET), read(client, "a", VersionId=one)) == ([], b"1")
    with pytest.raises(CosServiceError) as error:
        read(client, "a", VersionId=marker)
    assert error_of(error) == (404, "NoSuchVersion")
    with pytest.raises(CosServiceError, match="NoSuchResource"):
        client.head_object(Bucket=BUCKET, Key="a", VersionId=marker)
    client.delete_object(Bucket=BUCKET, Key="a", VersionId=marker)
    assert read(client, "a") == b"1"


def test_one_version_can_be_deleted(cos: LocalCos, client: CosS3Client) -> None:
    """The previous version becomes the latest; without its last one the object is gone."""
    one, two = put(client, "1"), put(client, "2")
    client.delete_object(Bucket=BUCKET, Key="a", VersionId=two)
    assert read(client, "a") == b"1"
    client.delete_object(Bucket=BUCKET, Key="a", VersionId=one)
    assert (cos.keys(BUCKET), cos.versions(BUCKET)) == ([], [])


def test_unknown_version_is_404(client: CosS3Client) -> None:
    """A version that never existed is not found."""
    put(client, "1")
    with pytest.raises(CosServiceError) as error:
        read(client, "a", VersionId="0")
    assert error_of(error) == (404, "NoSuchVersion")
    with pytest.raises(CosServiceError, match="NoSuchResource"):
        client.head_object(Bucket=BUCKET, Key="a", VersionId="0")


def test_versions_are_listed_in_the_form_of_cos(client: CosS3Client) -> None:
    """Keys are in order, the newest version of each first and marked as latest; markers are apart."""
    one, two = put(client, "1", "中/b"), put(client, "2", "中/b")
    other = put(client, "3", "a")
    marker = client.delete_object(Bucket=BUCKET, Key="a")["x-cos-version-id"]
    listing = client.list_objects_versions(Bucket=BUCKET)
    assert lines(listing) == [
        ("a", other, "false", "Version"),
        ("中/b", two, "true", "Version"),
        ("中/b", one, "false", "Version"),
        ("a", marker, "true", "DeleteMarker"),
    ]
    assert (listing["Name"], listing["MaxKeys"], listing["IsTruncated"]) == (BUCKET, "1000", "false")
    version = listing["Version"][0]
    assert (version["Size"], version["StorageClass"], version["ETag"][0]) == ("1", "STANDARD", '"')
    assert version["Owner"] == {"ID": "1234567890", "DisplayName": "1234567890"}
    assert version["LastModified"].endswith("Z")
    assert lines(client.list_objects_versions(Bucket=BUCKET, Prefix="中/")) == [
        ("中/b", two, "true", "Version"),
        ("中/b", one, "false", "Version"),
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_of_versions_add_up(client: CosS3Client, size: int) -> None:
    """Following both markers visits each version once, at any page size."""
    made = {(key, put(client, str(number), key)) for key in ("a", "中", "b c") for number in range(3)}
    client.delete_object(Bucket=BUCKET, Key="a")
    found: list[tuple[str, str, str, str]] = []
    markers, truncated = {"KeyMarker": "", "VersionIdMarker": ""}, "true"
    while truncated == "true":
        page = client.list_objects_versions(Bucket=BUCKET, MaxKeys=size, **markers)
        found += lines(page)
        truncated = page["IsTruncated"]
        markers = {"KeyMarker": page.get("NextKeyMarker"), "VersionIdMarker": page.get("NextVersionIdMarker")}
    assert len(found) == len(set(found)) == 10
    assert {(key, version) for key, version, _, kind in found if kind == "Version"} == made


def test_key_marker_alone_continues_after_the_key(client: CosS3Client) -> None:
    """Without a version the listing starts with the next key, with a removed one at the key itself."""
    first, second = put(client, "1", "a"), put(client, "2", "b")
    rest = client.list_objects_versions(Bucket=BUCKET, KeyMarker="a")
    assert lines(rest) == [("b", second, "true", "Version")]
    anew = client.list_objects_versions(Bucket=BUCKET, KeyMarker="a", VersionIdMarker="gone")
    assert [version for _, version, _, _ in lines(anew)] == [first, second]


def test_unsupported_listing_of_versions_is_refused(client: CosS3Client) -> None:
    """A page size that is no number is a bad request, a delimiter 501."""
    with pytest.raises(CosServiceError, match="InvalidArgument"):
        client.list_objects_versions(Bucket=BUCKET, MaxKeys="many")
    with pytest.raises(CosServiceError, match="NotImplemented"):
        client.list_objects_versions(Bucket=BUCKET, Delimiter="/")


def test_versioning_of_a_bucket_is_reported(client: CosS3Client) -> None:
    """Enabled, or nothing where versioning never was."""
    assert client.get_bucket_versioning(Bucket=BUCKET) == {"Status": "Enabled"}
    assert "Enabled" not in str(client.get_bucket_versioning(Bucket=PLAIN))


def test_plain_bucket_has_one_version_of_each_object(cos: LocalCos, client: CosS3Client) -> None:
    """Its version id is null."""
    cos.put(PLAIN, "a", b"1")
    cos.put(PLAIN, "a", b"2")
    assert lines(client.list_objects_versions(Bucket=PLAIN)) == [("a", "null", "true", "Version")]


def test_versioning_cannot_be_changed(client: CosS3Client) -> None:
    """Setting a bucket's versioning is 501."""
    with pytest.raises(CosServiceError, match="NotImplemented"):
        client.put_bucket_versioning(Bucket=BUCKET, Status="Suspended")


def test_work_by_hand_creates_versions(cos: LocalCos) -> None:
    """Objects put and deleted by hand leave versions and markers; reading returns the latest."""
    cos.put(BUCKET, "a", b"1")
    cos.put(BUCKET, "a", b"2")
    assert cos.get(BUCKET, "a").body == b"2"
    cos.delete(BUCKET, "a")
    assert [(each.deleted, each.latest) for each in cos.versions(BUCKET)] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    with pytest.raises(KeyError):
        cos.get(BUCKET, "a")
