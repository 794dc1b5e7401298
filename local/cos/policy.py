"""What a request asks to do, in the words of a CAM policy (for CI's actions document 460/104297, for a copy 436/10881).

Of workflow runs and reviews in those of 460/41741. Open: the actions of CI's families of jobs besides media. Here they
are called as those of media are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from local.cos import copying as cos_copy

if TYPE_CHECKING:
    from local.http.message import Request

# Whether the role may do an action to a key of a bucket; a listing's key is its prefix, and "" is the bucket itself.
Policy = Callable[[str, str, str], bool]

_OBJECT_ACTIONS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_BUCKET_ACTIONS = {"versions": "GetBucketObjectVersions", "versioning": "GetBucketVersioning"}

# Looking up what is neither a job nor a queue, by the first part of the path.
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
    """Whether a role that is allowed everything may do this."""
    return True


def asked(service: str, request: Request, bucket: str, key: str) -> list[tuple[str, str, str]]:
    """Return action, bucket and key of all that is asked; `key` is decoded, on a CI host it is the path."""
    if service == "ci":
        return [(_ci_action(request.method, key), bucket, "")]
    if source := cos_copy.source(request):
        return [("name/cos:GetObject", source["bucket"], source["key"]), ("name/cos:PutObjectCopy", bucket, key)]
    if key:
        return [(f"name/cos:{_OBJECT_ACTIONS.get(request.method, request.method)}", bucket, key)]
    parameters = {name.decode("latin-1"): value for name, value in request.parameters}
    prefix = parameters.get("prefix", b"").decode("utf-8", "replace")
    named = next((action for name, action in _BUCKET_ACTIONS.items() if name in parameters), "GetBucket")
    return [(f"name/cos:{'HeadBucket' if request.method == 'HEAD' else named}", bucket, prefix)]


def _ci_action(method: str, path: str) -> str:
    begin, _, rest = path.partition("/")
    if method == "POST":
        return "ci:CreateMediaJobs"
    if begin.endswith("queue"):
        return "ci:DescribeMediaQueues" if method == "GET" else "ci:UpdateMediaQueue"
    if method == "PUT":
        return "ci:CancelMediaJob"
    return _LOOK_UPS.get(begin) or ("ci:DescribeMediaJob" if rest else "ci:DescribeMediaJobs")
