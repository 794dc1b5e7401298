"""What can be broken in the local cloud beside its faults: policy, clock, versioning, digests, CI's own setup."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from qcloud_cos import CosS3Auth, CosS3Client, CosServiceError

from local.ci.setup import queue, workflow
from local.cos.server import LocalCos
from local.faults.requests import Faults
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
    sdk,
    session_to,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from local.ci.setup import Service

OLD = "old-1234567890"


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS with a plain bucket and one whose versioning is suspended."""
    with LocalCos(buckets={BUCKET: REGION, OLD: REGION}, credentials=CREDENTIALS, suspended={OLD}) as running:
        yield running


@pytest.fixture
def session(cos: LocalCos) -> Iterator[requests.Session]:
    """Return a session whose every request goes to the local cloud."""
    with session_to(cos.address) as session:
        yield session


@pytest.fixture
def client(session: requests.Session) -> CosS3Client:
    """Return the SDK with the role's credentials."""
    return sdk(session)


CALLS: dict[str, Callable[[CosS3Client], object]] = {
    "name/cos:PutObject a/b": lambda client: client.put_object(Bucket=BUCKET, Key="a/b", Body=b""),
    "name/cos:GetObject a/b": lambda client: client.get_object(Bucket=BUCKET, Key="a/b"),
    "name/cos:HeadObject a/b": lambda client: client.head_object(Bucket=BUCKET, Key="a/b"),
    "name/cos:DeleteObject a/b": lambda client: client.delete_object(Bucket=BUCKET, Key="a/b"),
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
def test_a_policy_is_asked_for_each_action(asked: str, cos: LocalCos, client: CosS3Client) -> None:
    """Each call of the SDK is one action on a key or a prefix; what the policy does not allow is 403 AccessDenied."""
    seen = []

    def none_of_it(action: str, bucket: str, key: str) -> bool:
        seen.append((f"{action} {key}", bucket))
        return False

    cos.policy = none_of_it
    with pytest.raises(CosServiceError) as error:
        CALLS[asked](client)
    assert error_of(error)[0] == 403
    assert seen == [(asked, BUCKET)]


def test_a_copy_is_two_actions(cos: LocalCos, client: CosS3Client) -> None:
    """It reads the source and writes the target, each by a right of its own."""
    client.put_object(Bucket=BUCKET, Key="a b", Body=b"")
    source = {"Bucket": BUCKET, "Key": "a b", "Region": REGION}
    for denied in (("name/cos:GetObject", BUCKET, "a b"), ("name/cos:PutObjectCopy", BUCKET, "c")):
        cos.policy = lambda *asked, denied=denied: asked != denied
        with pytest.raises(CosServiceError) as error:
            client.copy_object(Bucket=BUCKET, Key="c", CopySource=source, CopyStatus="Replaced")
        assert error_of(error) == (403, "AccessDenied")
    assert cos.keys(BUCKET) == ["a b"]


def test_nothing_is_forbidden_without_a_policy(cos: LocalCos, client: CosS3Client) -> None:
    """A new cloud's role may do everything that the cloud knows."""
    cos.ci.others.add(BUCKET, "workflowexecution", {"RunId": "i1"})
    for call in list(CALLS.values())[:-1]:
        call(client)


def test_each_answer_has_the_clouds_date(cos: LocalCos, client: CosS3Client) -> None:
    """The faults's skew shows in it, so that a client can tell whose clock is wrong."""
    cos.faults = Faults(skew=3000)
    date = parsedate_to_datetime(client.head_bucket(Bucket=BUCKET)["Date"])
    assert 2990 < date.timestamp() - time.time() < 3010


def test_suspended_versioning_is_told_and_keeps_nothing(cos: LocalCos, client: CosS3Client) -> None:
    """The bucket says Suspended, as one that never had versions says nothing, and writes over what is there."""
    assert client.get_bucket_versioning(Bucket=OLD) == {"Status": "Suspended"}
    assert "Status" not in client.get_bucket_versioning(Bucket=BUCKET)
    for content in (b"1", b"2"):
        assert "x-cos-version-id" not in client.put_object(Bucket=OLD, Key="a", Body=content)
    assert [each.size for each in cos.versions(OLD)] == [1]


def test_a_digest_that_does_not_fit_is_refused(cos: LocalCos, client: CosS3Client) -> None:
    """Content-MD5 is checked as COS checks it: nothing is written under a wrong one."""
    client.put_object(Bucket=BUCKET, Key="a", Body=b"content", EnableMD5=True)
    with pytest.raises(CosServiceError) as error:
        client.put_object(Bucket=BUCKET, Key="b", Body=b"content", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert error_of(error) == (400, "BadDigest")
    assert cos.keys(BUCKET) == ["a"]


QUEUES: dict[Service, str] = {
    "Media": "ci_get_media_queue",
    "Pic": "ci_get_media_pic_queue",
    "Asr": "ci_get_asr_queue",
    "Doc": "ci_get_doc_queue",
    "AI": "ci_get_ai_queue",
}


@pytest.mark.parametrize("service", QUEUES)
def test_each_service_has_its_queues(service: Service, cos: LocalCos, client: CosS3Client) -> None:
    """They are listed at their own path; without their service CI says that the bucket is not bound."""
    cos.ci.setups[BUCKET].queues[service] = [queue(service, State="On", Url="https://example.com/x")]
    answer = getattr(client, QUEUES[service])(Bucket=BUCKET)
    (listed,) = answer["QueueList"]
    assert (answer["TotalCount"], listed["Name"]) == ("1", f"queue-{service.lower()}-1")
    assert listed["NotifyConfig"]["Url"] == "https://example.com/x"
    cos.ci.setups[BUCKET].services.remove(service)
    with pytest.raises(CosServiceError) as error:
        getattr(client, QUEUES[service])(Bucket=BUCKET)
    assert error_of(error) == (400, f"{service}BucketUnBinded")


def test_an_unbound_bucket_has_no_jobs(cos: LocalCos, client: CosS3Client) -> None:
    """Neither jobs nor workflows can be asked for; another bucket is not concerned."""
    cos.ci.setups[BUCKET].services.clear()
    for asked in ("ci:DescribeMediaJobs ", "ci:DescribeMediaWorkflows ", "ci:CreateMediaJobs "):
        with pytest.raises(CosServiceError) as error:
            CALLS[asked](client)
        assert error_of(error) == (400, "MediaBucketUnBinded")
    assert "JobsDetail" not in client.ci_list_media_jobs(Bucket=OLD, Tag="SoundHound")


def test_workflows_are_listed_page_by_page(cos: LocalCos, client: CosS3Client) -> None:
    """A workflow has its prefix and filter in its first node; without any, CI lists a single empty one."""
    assert not any(client.ci_get_workflow(Bucket=BUCKET)["MediaWorkflowList"])
    cos.ci.setups[BUCKET].workflows = [workflow(f"w{n}", "in/", ExtFilter={"State": "On"}) for n in range(12)]
    assert len(client.ci_get_workflow(Bucket=BUCKET)["MediaWorkflowList"]) == 10
    answer = client.ci_get_workflow(Bucket=BUCKET, PageNumber="2", PageSize="10")
    assert [each["Name"] for each in answer["MediaWorkflowList"]] == ["w10", "w11"]
    start = answer["MediaWorkflowList"][0]["Topology"]["Nodes"]["Start"]["Input"]
    assert (start["ObjectPrefix"], start["ExtFilter"]) == ("in/", {"State": "On"})


@pytest.mark.parametrize("target", ["queue?category=CateAll", "queue/p-media", "workflow?x=1"])
def test_what_is_not_built_says_so(target: str, client: CosS3Client) -> None:
    """Nothing is answered as if it were known."""
    path, _, query = target.partition("?")
    url = client.get_conf().uri(bucket=BUCKET, path=path, endpoint=f"ci.{REGION}.myqcloud.com")
    name, _, value = query.partition("=")
    parameters = {name: value} if name else {}
    with pytest.raises(CosServiceError) as error:
        client.send_request(
            "GET", url, BUCKET, auth=CosS3Auth(client.get_conf(), path, params=parameters), params=parameters,
            headers={}, ci_request=True,
        )  # fmt: skip
    assert error_of(error) == (501, "NotImplemented")
