"""What all jobs share: https://cloud.tencent.com/document/product/460/84956 and the other job pages.

What workflow-triggered jobs add: https://cloud.tencent.com/document/product/460/78927.
"""

from __future__ import annotations

from typing import ClassVar

from models.fields import Element, Integer, ListOf, Text, Time, many, sample


class CosHeader(Element):
    """One header or event field of the upload that started a workflow."""

    key: Text = sample("Content-Type", "Size", "EventName")
    """The header's name."""
    value: Text = sample("audio/mpeg", "3145728", "cos:ObjectCreated:Put")
    """Its value."""


class Input(Element):
    """The object the job worked on. Translation and document jobs name only `Object`, some Tags nothing at all."""

    LEADING: ClassVar[tuple[str, ...]] = ("BucketId", "Region", "Object")

    bucket_id: Text = sample("media-1250000000")
    """The bucket, as name-APPID."""
    region: Text = sample("ap-guangzhou")
    """Its region."""
    object: Text = sample("in/sample.mp4")
    """The object's key."""
    lang: Text = None
    """The language of the text; Translation alone has it."""
    type: Text = None
    """The object's format, such as `pdf`; Translation alone has it."""
    basic_type: Text = None
    """The format of the document that a PDF was made from; Translation alone has it."""
    cos_headers: ListOf[CosHeader] = many()
    """What came with the upload, for a job that a workflow started."""


class Output(Element):
    """Where the job wrote to."""

    LEADING: ClassVar[tuple[str, ...]] = ("Bucket", "Region", "Object")

    bucket: Text = sample("media-1250000000")
    """The bucket, as name-APPID."""
    region: Text = sample("ap-guangzhou")
    """Its region."""
    object: Text = sample("out/sample.mp4")
    """The key, or a pattern such as `out-${Number}.jpg`."""


class Operation(Element):
    """What was asked for and what came of it. Each Tag's own model adds its result."""

    LEADING: ClassVar[tuple[str, ...]] = ("JobLevel", "UserData")
    # where CI's job API lists the Tag's jobs
    API: ClassVar[str] = "jobs"

    job_level: Integer = sample("0")
    """The job's priority, 0 to 2."""
    user_data: Text = sample("order 4711")
    """What the job was submitted with, echoed; at most 1,024 printable ASCII characters."""
    template_id: Text = sample("t1460606b9752148c4ab182f55163ba7cd")
    """The template that was used."""
    template_name: Text = sample("my_template")
    """Its name."""
    output: Output | None = None
    """Where the job wrote to."""


class Workflow(Element):
    """The workflow run that started the job."""

    run_id: Text = sample("i166ee19017b011eda8a5525400c540df")
    """The run."""
    workflow_id: Text = sample("w93aa43ba105347169fa093ed857b2a90")
    """The workflow."""
    workflow_name: Text = sample("my_workflow")
    """Its name."""
    name: Text = sample("SoundHound_1581665960537")
    """The node's name in the workflow."""


class Result(Element):
    """What every result object begins with, whatever CI's callback was about: these six always stand there."""

    LEADING: ClassVar[tuple[str, ...]] = ("EventName", "JobId", "Tag", "State", "Code", "Message")
    # where CI tells of what is no job, by its id; of a job its Operation says that
    API: ClassVar[str]

    event_name: Text = None
    """CI's name of the event, such as `TaskFinish`; empty in old callbacks."""
    job_id: Text = None
    """The id of what ended."""
    tag: Text = None
    """What kind of job it is."""
    state: Text = sample("Success")
    """`Success` or `Failed`; jobs looked up before they end may have others."""
    code: Text = sample("Success")
    """`Success`, or the error's code; only meaningful where State is Failed."""
    message: Text = None
    """The error in words; on success nothing that can be relied on."""


class Job(Result):
    """A job's result: CI's `JobsDetail` element, and the callback's `EventName`."""

    LEADING: ClassVar[tuple[str, ...]] = (*Result.LEADING, "CreationTime", "Input", "Operation")

    event_name: Text = sample("TaskFinish")
    """`TaskFinish`, or empty: old callbacks have no name."""
    job_id: Text = sample("s58ccb634149211ed84ce2b1cd2fbb80a")
    """The job's id."""
    creation_time: Time = sample("2025-03-01T09:00:01+0800")
    """When the job was submitted."""
    start_time: Time = sample("2025-03-01T09:00:02+0800")
    """When it began."""
    end_time: Time = sample("2025-03-01T09:00:09+0800")
    """When it ended."""
    queue_id: Text = sample("p2242ab62c7c94486915508540933a2c6")
    """The queue it ran in."""
    queue_type: Text = None
    """The kind of that queue, where CI says it, such as `Speeching`."""
    progress: Integer = None
    """Per cent; no meaning where State is Failed."""
    sub_tag: Text = None
    """A narrower kind of job, for the few Tags that have one."""
    input: Input | None = None
    """The object the job worked on."""
    operation: Operation | None = None
    """What was asked for and what came of it."""
    workflow: Workflow | ListOf[Workflow] | None = None
    """The workflow run that started the job, if one did."""
