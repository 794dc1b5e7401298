"""The actions of a request in the words of a CAM policy.

CI's are in documents 460/104297 and 460/41741 (workflow runs and reviews), those of a copy in 436/10881. Open: the
actions of the families of jobs besides media; here they have the names of the media ones. A submission of a review is
named after its look-up, which is documented for pictures, documents and viruses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from local.cos import copying, operations

if TYPE_CHECKING:
    from local.faults.requests import Asked
    from local.http.message import Request

# Allows or denies an action on a key of a bucket; a listing's key is its prefix, and "" is the bucket itself.
Policy = Callable[[str, str, str], bool]

_OBJECT_ACTIONS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_BUCKET_ACTIONS = {
    "versions": "GetBucketObjectVersions",
    "versioning": "GetBucketVersioning",
    "lifecycle": "GetBucketLifecycle",
}

# Look-ups of anything but jobs and queues, by the first part of the path.
_LOOK_UPS = {
    "workflow": "ci:DescribeMediaWorkflows",
    "workflowexecution": "ci:DescribeMediaWorkflowExecutions",
    "image": "ci:DescribeAuditingPictureJob",
    "video": "ci:DescribeAuditingJobs",
    "audio": "ci:DescribeAuditingAudioJob",
    "text": "ci:DescribeAuditingTextJob",
    "document": "ci:DescribeAuditingDocumentJob",
    "webpage": "ci:DescribeAuditingWebpageJob",
    "virus": "ci:DescribeAuditingVirusJob",
}


def allow_everything(_action: str, _bucket: str, _key: str) -> bool:
    """Allow any action."""
    return True


def actions(request: Request, asked: Asked) -> list[tuple[str, str, str]]:
    """Return action, bucket and key of all that a request asks for."""
    bucket, key = asked.bucket, asked.key
    if asked.service == "ci":
        return [(_ci_action(request.method, key), bucket, "")]
    if source := copying.source(request):
        return [("name/cos:GetObject", source["bucket"], source["key"]), ("name/cos:PutObjectCopy", bucket, key)]
    if operation := operations.find(request, key):
        return [(operation.action, bucket, key)]
    if key:
        return [(f"name/cos:{_OBJECT_ACTIONS.get(request.method, request.method)}", bucket, key)]
    parameters = request.query_texts
    named = next((action for name, action in _BUCKET_ACTIONS.items() if name in parameters), "GetBucket")
    action = "HeadBucket" if request.method == "HEAD" else named
    return [(f"name/cos:{action}", bucket, parameters.get("prefix", ""))]


def _ci_action(method: str, path: str) -> str:
    begin, _, rest = path.partition("/")
    if method == "POST":
        return _LOOK_UPS.get(begin, "ci:CreateMediaJobs").replace("Describe", "Create")
    if begin.endswith("queue"):
        return "ci:DescribeMediaQueues" if method == "GET" else "ci:UpdateMediaQueue"
    if method == "PUT":
        return "ci:CancelMediaJob"
    return _LOOK_UPS.get(begin) or ("ci:DescribeMediaJob" if rest else "ci:DescribeMediaJobs")
