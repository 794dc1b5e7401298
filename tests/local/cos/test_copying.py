"""An object of the local COS copied onto itself, seen through the unmodified COS SDK."""

from __future__ import annotations

from typing import Any

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from tests.local.cos.test_cos import KEYS
from tests.support.sdk_client import (
    BUCKET,
    REGION,
    error_of,
    read,
)


def copy(client: CosS3Client, key: str, **more: Any) -> dict[str, Any]:
    """Copy an object onto itself with new metadata; return the answer."""
    source = {"Bucket": BUCKET, "Key": key, "Region": REGION}
    options = {"CopyStatus": "Replaced", "Metadata": {"x-cos-meta-n": "2"}, "ContentType": "application/json"}
    answer: dict[str, Any] = client.copy_object(
        **{"Bucket": BUCKET, "Key": key, "CopySource": source, **options, **more}
    )
    return answer


@pytest.mark.parametrize("key", KEYS)
def test_copy_onto_itself_changes_the_metadata_alone(client: CosS3Client, key: str) -> None:
    """Bytes and ETag stay, under any key; type and metadata are the request's."""
    put = client.put_object(Bucket=BUCKET, Key=key, Body=b"{}", Metadata={"x-cos-meta-n": "1", "x-cos-meta-o": "1"})
    answer = copy(client, key, CopySourceIfMatch=put["ETag"])
    head = client.head_object(Bucket=BUCKET, Key=key)
    assert answer["ETag"] == head["ETag"] == put["ETag"]
    assert (head["x-cos-meta-n"], head["Content-Type"]) == ("2", "application/json")
    assert "x-cos-meta-o" not in head
    assert read(client, key) == b"{}"


def test_copy_under_an_unmet_condition_changes_nothing(client: CosS3Client) -> None:
    """Another ETag is 412, a missing object 404."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"1", Metadata={"x-cos-meta-n": "1"})
    with pytest.raises(CosServiceError) as changed:
        copy(client, "a", CopySourceIfMatch='"0123"')
    assert error_of(changed) == (412, "PreconditionFailed")
    assert client.head_object(Bucket=BUCKET, Key="a")["x-cos-meta-n"] == "1"
    with pytest.raises(CosServiceError) as gone:
        copy(client, "b")
    assert error_of(gone) == (404, "NoSuchKey")


def test_copy_from_elsewhere_is_refused(client: CosS3Client) -> None:
    """A bucket that the local cloud does not have is an error."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"1")
    with pytest.raises(CosServiceError) as elsewhere:
        copy(client, "a", CopySource={"Bucket": "other-1234567890", "Key": "a", "Region": REGION})
    assert error_of(elsewhere) == (400, "InvalidArgument")
