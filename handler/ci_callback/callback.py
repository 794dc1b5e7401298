"""A task callback as CI means it: the common fields of every job, typed.

Field meanings: https://cloud.tencent.com/document/product/460/84956 (SoundHound) and the other job pages; what
workflow-triggered jobs add: https://cloud.tencent.com/document/product/460/78927.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

from pydantic import Field

from . import results
from .fields import Integer, ListOf, Model, OneOrList, Time, instant, plain

# Longer than any CI writes; bounds what is matched against routes, echoed in replies and logged.
_Name = Annotated[str, Field(max_length=256)]


class CosHeader(Model):
    """One header or event field of the upload that started a workflow."""

    LEADING: ClassVar[tuple[str, ...]] = ("Key", "Value")

    key: str = ""
    value: str = ""


class Input(Model):
    """The object the job worked on. Translation and document jobs name only `object`."""

    LEADING: ClassVar[tuple[str, ...]] = ("BucketId", "Region", "Object")

    bucket_id: str | None = None
    region: str | None = None
    object: str | None = None
    cos_headers: ListOf[CosHeader] = Field(default_factory=list)


class Output(Model):
    """Where the job wrote to; `object` may be a pattern such as `out-${Number}.jpg`."""

    LEADING: ClassVar[tuple[str, ...]] = ("Bucket", "Region", "Object")

    bucket: str | None = None
    region: str | None = None
    object: str | None = None


class Operation(Model):
    """What was asked for and what came of it; the Tag's result element is among the further fields."""

    LEADING: ClassVar[tuple[str, ...]] = ("JobLevel", "UserData")

    job_level: Integer | None = None
    user_data: str | None = None
    output: Output | None = None


class Workflow(Model):
    """The workflow run that started the job; `name` is the node's name in the workflow."""

    run_id: str = ""
    workflow_id: str = ""
    workflow_name: str = ""
    name: str = ""


class Job(Model):
    """One `JobsDetail` element. `event_name` is the callback's, all else the job's own."""

    LEADING: ClassVar[tuple[str, ...]] = (
        "EventName",
        "JobId",
        "Tag",
        "State",
        "Code",
        "Message",
        "CreationTime",
        "Input",
        "Operation",
    )

    event_name: str = ""
    job_id: _Name = ""
    tag: _Name = ""
    state: _Name = ""
    code: str = ""
    message: str = ""
    creation_time: Time = None
    start_time: Time = None
    end_time: Time = None
    queue_id: _Name | None = None
    input: Input | None = None
    operation: Operation | None = None
    workflow: OneOrList[Workflow] | None = None

    @property
    def node(self) -> Workflow:
        """The workflow node the job ran as; all its fields are empty for a job outside a workflow."""
        if isinstance(self.workflow, list):
            return self.workflow[0]
        return self.workflow or Workflow()

    @cached_property
    def document(self) -> bytes:
        """The result object: canonical JSON in UTF-8, the same bytes for the same values sent as XML or JSON."""
        return json.dumps(plain(self), ensure_ascii=False, separators=(",", ":")).encode()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of `document`, 64 hex digits."""
        return hashlib.sha256(self.document).hexdigest()

    @property
    def sort_time(self) -> str:
        """The job's place in time, UTC to the microsecond, comparable as text: EndTime, else CreationTime, else "-"."""
        moment = instant(self.end_time) or instant(self.creation_time)
        return moment.isoformat(timespec="microseconds") if moment else "-"


@dataclass(frozen=True)
class Callback:
    """A TaskFinish callback: one job or more."""

    jobs: tuple[Job, ...]


def read_job(event_name: str, detail: dict[str, Any], workflow: Any = None) -> Job:
    """Return the job a `JobsDetail` element describes; raise pydantic's ValidationError where it contradicts the model.

    `workflow` is the callback's own Workflow element, which counts where the job has none.
    """
    operation = detail.get("Operation")
    tag = detail.get("Tag") or _tag_of(operation)
    known = {
        "EventName": event_name,
        "Tag": tag,
        "State": detail.get("State") or ("Success" if detail.get("Code") == "Success" else "Failed"),
    }
    if isinstance(operation, dict) and isinstance(tag, str):
        known["Operation"] = results.typed(tag, operation)
    if workflow is not None and "Workflow" not in detail:
        known["Workflow"] = workflow
    return Job.model_validate({**detail, **known})


def _tag_of(operation: Any) -> str:
    """Return the Tag an Operation without one implies: the name before `Result` of its one result element, else ""."""
    if not isinstance(operation, dict):
        return ""
    # MediaResult is the output of many Tags, the result of none
    names = [name for name in operation if name.endswith("Result") and name not in ("Result", "MediaResult")]
    return names[0].removesuffix("Result") if len(names) == 1 else ""
