"""What a request to submit jobs asks for: one job for each Operation, told by XML as the COS SDK writes it.

    <Request><Tag/><Input/><Operation/>[<QueueId/>][<CallBack/>][<CallBackFormat/>][<CallBackType/>]</Request>

With several Operations each has its own Tag inside, and so has the answer. Whether CI refuses what it does not know
could not be confirmed; here it is left out of account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from local.ci import callbacks as ci_callbacks
from local.ci import queues as ci_queues
from local.ci import results as ci_results
from local.ci import xml as ci_xml
from local.ci.callbacks import CallbackOptions
from local.ci.xml import BadRequestError
from models.wire import Order

if TYPE_CHECKING:
    from local.ci.server import Family
    from local.ci.xml import Tree
    from models.catalog import Entry

_USER_DATA = re.compile(r"[ -~]{0,1024}")


@dataclass(frozen=True)
class Submission:
    """One job that is asked for."""

    entry: Entry
    input: Tree
    operation: Tree
    queue_id: str
    options: CallbackOptions
    tag_inside: bool  # the Operation

    @property
    def family(self) -> Family:
        """Where such jobs belong, also those that were submitted to /jobs."""
        return cast("Family", self.entry.api)

    def detail(self, job_id: str, queue_id: str, created: str, bucket: str, region: str) -> Tree:
        """Return the JobsDetail of the job that comes of it."""
        place = {"BucketId": bucket, "Region": region}
        # Some Tags have no Input, and some name only the object.
        named = [name for name in ci_results.made(Order(self.entry)).get("Input", {}) if name in place]
        given = {**{name: place[name] for name in named}, **self.input}
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
    """Return the jobs that are asked for; raise BadRequestError."""
    request = ci_xml.read(content)
    operations = ci_xml.parts(request, "Operation") or [{}]
    options = _callback_options(request)
    return [_submission(request, operation, family, options) for operation in operations]


def _callback_options(request: Tree) -> CallbackOptions:
    kind = ci_xml.text(request, "CallBackType", ("Url", "TDMQ", "Kafka"))
    if kind not in {"", "Url"}:
        raise BadRequestError("NotImplemented", f"The local cloud has no {kind}: take the CallBackType Url.", 501)
    url = ci_xml.text(request, "CallBack")
    if url not in {"", ci_callbacks.NONE}:
        ci_queues.check_url("CallBack", url)
    return CallbackOptions(url, ci_xml.text(request, "CallBackFormat", ("XML", "JSON")))


def _submission(request: Tree, operation: Tree, family: Family, options: CallbackOptions) -> Submission:
    tag = ci_xml.text(operation, "Tag") or ci_xml.text(request, "Tag")
    entry = ci_results.entries().get(tag)
    if entry is None:
        problem = f"There is no job with the Tag {tag!r}." if tag else "Tag is required."
        raise BadRequestError("InvalidArgument", problem)
    if family not in {"jobs", entry.api}:
        places = " or ".join(dict.fromkeys((f"/{entry.api}", "/jobs")))
        raise BadRequestError("InvalidArgument", f"{tag} jobs are submitted to {places}, not to /{family}.")
    asked = {name: value for name, value in operation.items() if name != "Tag"}
    given = ci_xml.part(request, "Input")
    _check(entry, given, asked)
    return Submission(entry, given, asked, ci_xml.text(request, "QueueId"), options, "Tag" in operation)


def _check(entry: Entry, given: Tree, asked: Tree) -> None:
    """Raise BadRequestError where something is missing, or not as CI wants it."""
    sample = ci_results.made(Order(entry))
    key, url = ci_xml.text(given, "Object"), ci_xml.text(given, "Url")
    if "Input" in sample and not (key or url):
        raise BadRequestError("InvalidArgument", f"Input.Object is required for {entry.tag}.")
    output = ci_xml.part(asked, "Output")
    if "Output" in sample["Operation"] and not (ci_xml.text(output, "Bucket") and ci_xml.text(output, "Region")):
        raise BadRequestError(
            "InvalidArgument", f"Operation.Output with Bucket and Region is required for {entry.tag}."
        )
    if not _USER_DATA.fullmatch(ci_xml.text(asked, "UserData")):
        raise BadRequestError("InvalidArgument", "UserData may have 1024 printable ASCII characters.")
    ci_xml.text(asked, "JobLevel", ("0", "1", "2"))
