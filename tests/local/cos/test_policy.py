"""Rights, clock, versioning and digests of the local COS."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from qcloud_cos import CosS3Client, CosServiceError

from local.cos.server import LocalCos
from local.faults.requests import Faults
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


OLD = "old-1234567890"


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS with a plain bucket and one whose versioning is suspended."""
    with LocalCos(buckets={BUCKET: REGION, OLD: REGION}, credentials=CREDENTIALS, suspended={OLD}) as running:
        yield running


CALLS: dict[str, Callable[[CosS3Client], object]] = {
    "name/cos:PutObject a/b": lambda client: client.put_object(Bucket=BUCKET, Key="a/b", Body=b""),
    "name/cos:GetObject a/b": lambda client: client.get_object(Bucket=BUCKET, Key="a/b"),
    "name/cos:HeadObject a/b": lambda client: client.head_object(Bucket=BUCKET, Key="a/b"),
    "name/cos:GetObjectTagging a/b": lambda client: client.get_object_tagging(BUCKET, "a/b"),
    "name/cos:DeleteObject a/b": lambda client: client.delete_object(Bucket=BUCKET, Key="a/b"),
    "name/cos:InitiateMultipartUpload a/b": lambda client: client.create_multipart_upload(Bucket=BUCKET, Key="a/b"),
    "name/cos:DeleteMultipleObjects ": lambda client: client.delete_objects(BUCKET, {"Object": [{"Key": "a/b"}]}),
    "name/cos:HeadBucket ": lambda client: client.head_bucket(Bucket=BUCKET),
    "name/cos:GetBucket a/": lambda client: client.list_objects(Bucket=BUCKET, Prefix="a/"),
    "name/cos:GetBucketVersioning ": lambda client: client.get_bucket_versioning(Bucket=BUCKET),
    "name/cos:GetBucketObjectVersions a/": lambda client: client.list_objects_versions(Bucket=BUCKET, Prefix="a/"),
    "ci:DescribeMediaJobs ": lambda client: client.ci_list_media_jobs(Bucket=BUCKET, Tag="SoundHound"),
    "ci:DescribeMediaJob ": lambda client: client.ci_get_media_jobs(Bucket=BUCKET, JobIDs="s1"),
    "ci:DescribeMediaQueues ": lambda client: client.ci_get_media_queue(Bucket=BUCKET),
    "ci:DescribeMediaWorkflows ": lambda client: client.ci_get_workflow(Bucket=BUCKET),
    "ci:DescribeMediaWorkflowExecutions ": lambda client: client.ci_get_workflowexecution(Bucket=BUCKET, RunId="i1"),
    "ci:DescribeAuditingPictureJob ": lambda client: client.ci_auditing_image_query(Bucket=BUCKET, JobID="si1"),
    "ci:DescribeAuditingJobs ": lambda client: client.ci_auditing_video_query(Bucket=BUCKET, JobID="av1"),
    "ci:DescribeAuditingAudioJob ": lambda client: client.ci_auditing_audio_query(Bucket=BUCKET, JobID="sa1"),
    "ci:DescribeAuditingTextJob ": lambda client: client.ci_auditing_text_query(Bucket=BUCKET, JobID="st1"),
    "ci:DescribeAuditingDocumentJob ": lambda client: client.ci_auditing_document_query(Bucket=BUCKET, JobID="sd1"),
    "ci:DescribeAuditingWebpageJob ": lambda client: client.ci_auditing_html_query(Bucket=BUCKET, JobID="sh1"),
    "ci:DescribeAuditingVirusJob ": lambda client: client.ci_auditing_virus_query(Bucket=BUCKET, JobID="ss1"),
    "ci:CreateMediaJobs ": lambda client: client.ci_create_media_jobs(Bucket=BUCKET, Jobs={"Tag": "MediaInfo"}),
}


@pytest.mark.parametrize("asked", CALLS)
def test_policy_is_consulted_for_each_action(asked: str, cos: LocalCos, client: CosS3Client) -> None:
    """Each call of the SDK is one action on a key or a prefix; a denied one is 403 AccessDenied."""
    seen = []

    def none_of_it(action: str, bucket: str, key: str) -> bool:
        seen.append((f"{action} {key}", bucket))
        return False

    cos.policy = none_of_it
    with pytest.raises(CosServiceError) as error:
        CALLS[asked](client)
    assert error_of(error)[0] == 403
    assert seen == [(asked, BUCKET)]


def test_copy_is_two_actions(cos: LocalCos, client: CosS3Client) -> None:
    """It reads the source and writes the target, each by a right of its own."""
    client.put_object(Bucket=BUCKET, Key="a b", Body=b"")
    source = {"Bucket": BUCKET, "Key": "a b", "Region": REGION}
    for denied in (("name/cos:GetObject", BUCKET, "a b"), ("name/cos:PutObjectCopy", BUCKET, "c")):
        cos.policy = lambda *asked, denied=denied: asked != denied
        with pytest.raises(CosServiceError) as error:
            client.copy_object(Bucket=BUCKET, Key="c", CopySource=source, CopyStatus="Replaced")
        assert error_of(error) == (403, "AccessDenied")
    assert cos.keys(BUCKET) == ["a b"]


def test_default_policy_allows_everything(cos: LocalCos, client: CosS3Client) -> None:
    """A new cloud's role may do everything that the cloud supports."""
    cos.ci.others.add(BUCKET, "workflowexecution", {"RunId": "i1"})
    for call in list(CALLS.values())[:-1]:
        call(client)


def test_answer_has_the_date_of_the_cloud(cos: LocalCos, client: CosS3Client) -> None:
    """It includes the skew, so that a client can compare the clocks."""
    cos.faults = Faults(skew=3000)
    date = parsedate_to_datetime(client.head_bucket(Bucket=BUCKET)["Date"])
    assert 2990 < date.timestamp() - time.time() < 3010


def test_suspended_versioning_keeps_no_versions(cos: LocalCos, client: CosS3Client) -> None:
    """The status is Suspended, and objects are overwritten."""
    assert client.get_bucket_versioning(Bucket=OLD) == {"Status": "Suspended"}
    assert "Status" not in client.get_bucket_versioning(Bucket=BUCKET)
    for content in (b"1", b"2"):
        assert "x-cos-version-id" not in client.put_object(Bucket=OLD, Key="a", Body=content)
    assert [each.size for each in cos.versions(OLD)] == [1]


def test_wrong_content_md5_is_400(cos: LocalCos, client: CosS3Client) -> None:
    """Nothing is written."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"content", EnableMD5=True)
    with pytest.raises(CosServiceError) as error:
        client.put_object(Bucket=BUCKET, Key="b", Body=b"content", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert error_of(error) == (400, "BadDigest")
    assert cos.keys(BUCKET) == ["a"]
