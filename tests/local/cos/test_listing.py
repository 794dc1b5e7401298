"""Listings of the local COS, seen through the unmodified COS SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qcloud_cos import CosS3Client, CosServiceError
from qcloud_cos.cos_auth import CosS3Auth

from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
)

if TYPE_CHECKING:
    import requests

    from local.cos.server import LocalCos


def test_listing_has_the_fields_of_cos(cos: LocalCos, client: CosS3Client) -> None:
    """The SDK parses COS's field names and values."""
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


def test_listing_without_encoding_is_plain_xml(client: CosS3Client, cos: LocalCos, session: requests.Session) -> None:
    """Without `encoding-type=url` the XML has the keys themselves."""
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
def test_pages_add_up_to_the_listing(  # its parameters are the case
    cos: LocalCos,
    client: CosS3Client,
    page_size: int,
    prefix: str,
    delimiter: str,
    keys: list[str],
    prefixes: list[str],
) -> None:
    """Following NextMarker visits every key and common prefix once, at any page size."""
    for key in ["a", "b/1", "b/2", "b/c/3", "中/1"]:
        cos.put(BUCKET, key, b"")
    found_keys, found_prefixes, marker, truncated = [], [], "", "true"
    while truncated == "true":
        page = client.list_objects(Bucket=BUCKET, Prefix=prefix, Delimiter=delimiter, Marker=marker, MaxKeys=page_size)
        found_keys += [each["Key"] for each in page.get("Contents", [])]
        found_prefixes += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        marker, truncated = page.get("NextMarker", ""), page["IsTruncated"]
    assert (found_keys, found_prefixes) == (keys, prefixes)


def test_max_keys_without_a_number_is_400(client: CosS3Client) -> None:
    """Another page size is a bad request."""
    with pytest.raises(CosServiceError) as error:
        client.list_objects(Bucket=BUCKET, MaxKeys="many")
    assert error_of(error) == (400, "InvalidArgument")
