"""The setup of a bucket in the local Cloud Infinite: services, queues, workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qcloud_cos import CosS3Auth, CosS3Client, CosServiceError

from local.ci.setup import queue, workflow
from local.cos.server import LocalCos
from tests.support.sdk_client import (
    BUCKET,
    CREDENTIALS,
    REGION,
    error_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.ci.setup import Service

OLD = "old-1234567890"


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a COS with a plain bucket and one whose versioning is suspended."""
    with LocalCos(buckets={BUCKET: REGION, OLD: REGION}, credentials=CREDENTIALS, suspended={OLD}) as running:
        yield running


QUEUES: dict[Service, str] = {
    "Media": "ci_get_media_queue",
    "Pic": "ci_get_media_pic_queue",
    "Asr": "ci_get_asr_queue",
    "Doc": "ci_get_doc_queue",
    "AI": "ci_get_ai_queue",
}


@pytest.mark.parametrize("service", QUEUES)
def test_each_service_has_its_queues(service: Service, cos: LocalCos, client: CosS3Client) -> None:
    """They are listed at their own path; without the service the bucket is not bound."""
    cos.ci.setups[BUCKET].queues[service] = [queue(service, State="On", Url="https://example.com/x")]
    answer = getattr(client, QUEUES[service])(Bucket=BUCKET)
    (listed,) = answer["QueueList"]
    assert (answer["TotalCount"], listed["Name"]) == ("1", f"queue-{service.lower()}-1")
    assert listed["NotifyConfig"]["Url"] == "https://example.com/x"
    cos.ci.setups[BUCKET].services.remove(service)
    with pytest.raises(CosServiceError) as error:
        getattr(client, QUEUES[service])(Bucket=BUCKET)
    assert error_of(error) == (400, f"{service}BucketUnBinded")


def test_unbound_bucket_has_no_jobs(cos: LocalCos, client: CosS3Client) -> None:
    """Jobs and workflows are refused; another bucket is not affected."""
    cos.ci.setups[BUCKET].services.clear()
    calls: list[Callable[[CosS3Client], object]] = [
        lambda client: client.ci_list_media_jobs(Bucket=BUCKET, Tag="SoundHound"),
        lambda client: client.ci_get_workflow(Bucket=BUCKET),
        lambda client: client.ci_create_media_jobs(Bucket=BUCKET, Jobs={"Tag": "MediaInfo"}),
    ]
    for call in calls:
        with pytest.raises(CosServiceError) as error:
            call(client)
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
def test_missing_operation_is_501(target: str, client: CosS3Client) -> None:
    """An operation that the local cloud lacks is never a wrong success."""
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
