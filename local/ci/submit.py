"""A request to submit jobs, in XML as the COS SDK writes it: one job for each Operation.

    <Request><Tag/><Input/><Operation/>[<QueueId/>][<CallBack/>][<CallBackFormat/>][<CallBackType/>]</Request>

With several Operations each has its own Tag inside, and so has the answer. Here unknown elements are
ignored; CI's behaviour could not be confirmed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from local.ci.callbacks import NONE, CallbackOptions
from local.ci.queues import check_url
from local.ci.request_body import invalid, part, parts, text
from local.ci.request_body import read as read_request
from local.ci.results import entries, sample_detail
from local.http.xml import ServiceError
from models.wire import Order

if TYPE_CHECKING:
    from local.ci.jobs import Family
    from local.ci.request_body import Tree
    from models.catalog import Entry

_USER_DATA = re.compile(r"[ -~]{0,1024}")


@dataclass(frozen=True)
class Submission:
    """One submitted job."""

    entry: Entry
    input: Tree
    operation: Tree
    queue_id: str
    options: CallbackOptions
    tag_inside: bool  # the Operation

    @property
    def family(self) -> Family:
        """The family of such jobs, also of those submitted to /jobs."""
        return cast("Family", self.entry.api)

    def detail(self, job_id: str, queue_id: str, created: str, bucket: str, region: str) -> Tree:
        """Return the JobsDetail of the new job."""
        location = {"BucketId": bucket, "Region": region}
        # Some Tags have no Input, and some name only the object.
        named = [name for name in sample_detail(Order(self.entry)).get("Input", {}) if name in location]
        given = {**{name: location[name] for name in named}, **self.input}
        return {
            "Code": "Success",
            "Message": "",
            "JobId": job_id,
            "State": "Submitted",
            "CreationTime": created,
            "StartTime": "-",
            "EndTime": "-",
            "QueueId": queue_id,
            "Tag": self.entry.tag,
            **({"Input": given} if given else {}),
            "Operation": {"JobLevel": "0", **self.operation},
        }

    def answer(self, detail: Tree) -> Tree:
        """Return the job's JobsDetail in the answer to the request."""
        if not self.tag_inside:
            return detail
        kept = {name: value for name, value in detail.items() if name != "Tag"}
        return {**kept, "Operation": {"Tag": detail["Tag"], **detail["Operation"]}}


def read(content: bytes, family: Family) -> list[Submission]:
    """Parse a request to submit jobs; raise ServiceError."""
    request = read_request(content)
    operations = parts(request, "Operation") or [{}]
    options = _callback_options(request)
    return [_submission(request, operation, family, options) for operation in operations]


def _callback_options(request: Tree) -> CallbackOptions:
    kind = text(request, "CallBackType", ("Url", "TDMQ", "Kafka"))
    if kind not in {"", "Url"}:
        raise ServiceError(501, "NotImplemented", f"The local cloud has no {kind}: take the CallBackType Url.")
    url = text(request, "CallBack")
    if url not in {"", NONE}:
        check_url("CallBack", url)
    return CallbackOptions(url, text(request, "CallBackFormat", ("XML", "JSON")))


def _submission(request: Tree, operation: Tree, family: Family, options: CallbackOptions) -> Submission:
    tag = text(operation, "Tag") or text(request, "Tag")
    entry = entries().get(tag)
    if entry is None:
        raise invalid(f"There is no job with the Tag {tag!r}." if tag else "Tag is required.")
    if family not in {"jobs", entry.api}:
        paths = " or ".join(dict.fromkeys((f"/{entry.api}", "/jobs")))
        raise invalid(f"{tag} jobs are submitted to {paths}, not to /{family}.")
    asked = {name: value for name, value in operation.items() if name != "Tag"}
    given = part(request, "Input")
    _check(entry, given, asked)
    return Submission(entry, given, asked, text(request, "QueueId"), options, "Tag" in operation)


def _check(entry: Entry, given: Tree, asked: Tree) -> None:
    """Raise ServiceError where an element is missing or not allowed."""
    sample = sample_detail(Order(entry))
    key, url = text(given, "Object"), text(given, "Url")
    if "Input" in sample and not (key or url):
        raise invalid(f"Input.Object is required for {entry.tag}.")
    output = part(asked, "Output")
    if "Output" in sample["Operation"] and not (text(output, "Bucket") and text(output, "Region")):
        raise invalid(f"Operation.Output with Bucket and Region is required for {entry.tag}.")
    if not _USER_DATA.fullmatch(text(asked, "UserData")):
        raise invalid("UserData may have 1024 printable ASCII characters.")
    text(asked, "JobLevel", ("0", "1", "2"))
