"""Fields common to all jobs: https://cloud.tencent.com/document/product/460/84956 and the other job pages.

Fields of jobs started by a workflow: https://cloud.tencent.com/document/product/460/78927.
"""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Secret, Text, Time, many, part, sample


class CosHeader(Element):
    """One header or event field of the upload that started a workflow."""

    key: Text = sample("Content-Type", "Size", "EventName", about="The header's name.")
    value: Text = sample("audio/mpeg", "3145728", "cos:ObjectCreated:Put", about="Its value.")


class Vod(Element):
    """A file of Video on Demand (VOD)."""

    file_id: Text = part("Its id.")
    sub_app_id: Text = part("The VOD application.")


class Input(Element):
    """The object the job worked on. Translation and document jobs name only `Object`, some Tags nothing at all."""

    LEADING: ClassVar[tuple[str, ...]] = ("BucketId", "Region", "Object")

    bucket_id: Text = sample("media-1250000000", about="The bucket, as name-APPID.")
    region: Text = sample("ap-guangzhou", about="Its region.")
    object: Text = sample("in/sample.mp4", about="The object's key.")
    url: Text = part("The URL of an input that is not an object of the bucket.")
    vod: Vod | None = part("The input in Video on Demand.")
    lang: Text = part("The language of the text; Translation only.")
    type: Text = part("The object's format, such as `pdf`; Translation only.")
    basic_type: Text = part("The format of the document that a PDF was made from; Translation only.")
    cos_headers: ListOf[CosHeader] = many("Headers of the upload, for a job started by a workflow.")


class Output(Element):
    """The destination."""

    LEADING: ClassVar[tuple[str, ...]] = ("Bucket", "Region", "Object")

    bucket: Text = sample("media-1250000000", about="The bucket, as name-APPID.")
    region: Text = sample("ap-guangzhou", about="Its region.")
    object: Text = sample("out/sample.mp4", about="The key, or a pattern such as `out-${Number}.jpg`.")
    force: Flag = part("Whether an existing object is overwritten.")


class Operation(Element):
    """The job's parameters and its result. Each Tag's model adds its own."""

    LEADING: ClassVar[tuple[str, ...]] = ("JobLevel", "UserData")
    # path of the API that lists the jobs
    API: ClassVar[str] = "jobs"

    job_level: Integer = sample("0", about="The job's priority, 0 to 2.")
    user_data: Text = sample(
        "order 4711", about="Data from the submission, echoed; at most 1,024 printable ASCII characters."
    )
    template_id: Text = sample("t1460606b9752148c4ab182f55163ba7cd", about="The template that was used.")
    template_name: Text = sample("my_template", about="Its name.")
    output: Output | None = part("The destination.")
    snapshot_prefix: Text = part("Key prefix of the snapshots.")
    custom_id: Text = part("An id of the submitter's choice.")
    encrypt_key: Secret = part("The encryption key; left out of the result.")
    encrypt_iv: Secret = part("The initialisation vector of the encryption; left out of the result.")
    encrypt_mode: Text = part("The mode of the encryption.")
    decrypt_key: Secret = part("The decryption key; left out of the result.")
    decrypt_iv: Secret = part("The initialisation vector of the decryption; left out of the result.")
    decrypt_mode: Text = part("The mode of the decryption.")


class Workflow(Element):
    """The workflow run that started the job."""

    run_id: Text = sample("i166ee19017b011eda8a5525400c540df", about="The run.")
    workflow_id: Text = sample("w93aa43ba105347169fa093ed857b2a90", about="The workflow.")
    workflow_name: Text = sample("my_workflow", about="Its name.")
    name: Text = sample("SoundHound_1581665960537", about="The node's name in the workflow.")


class Result(Element):
    """The six leading fields of every result object; always present."""

    LEADING: ClassVar[tuple[str, ...]] = ("EventName", "JobId", "Tag", "State", "Code", "Message")
    # path of the API that looks a review, virus scan or run up; for a job in its Operation
    API: ClassVar[str]

    event_name: Text = part("CI's name of the event, such as `TaskFinish`; empty in old callbacks.")
    job_id: Text = part("The id of the job, review or run.")
    tag: Text = part("The kind of job.")
    state: Text = sample("Success", about="`Success` or `Failed`; jobs looked up before they end may have others.")
    code: Text = sample("Success", about="`Success`, or the error code; meaningful only if State is Failed.")
    message: Text = part("The error text; unspecified on success.")


OperationT = TypeVar("OperationT", bound=Operation)


class Job(Result, Generic[OperationT]):
    """A job's result: CI's `JobsDetail` element, and the callback's `EventName`."""

    LEADING: ClassVar[tuple[str, ...]] = (*Result.LEADING, "CreationTime", "Input", "Operation")

    event_name: Text = sample("TaskFinish", about="`TaskFinish`; empty in old callbacks.")
    job_id: Text = sample("s58ccb634149211ed84ce2b1cd2fbb80a", about="The job's id.")
    creation_time: Time = sample("2025-03-01T09:00:01+0800", about="The time of submission.")
    start_time: Time = sample("2025-03-01T09:00:02+0800", about="The start.")
    end_time: Time = sample("2025-03-01T09:00:09+0800", about="The end.")
    queue_id: Text = sample("p2242ab62c7c94486915508540933a2c6", about="The queue.")
    queue_type: Text = part("The kind of queue, if CI sends it, such as `Speeching`.")
    progress: Integer = part("Per cent; meaningless if State is Failed.")
    sub_tag: Text = part("A narrower kind of job, for the few Tags that have one.")
    input: Input | None = part("The object the job worked on.")
    operation: OperationT | None = part("The job's parameters and its result.")
    workflow: Workflow | ListOf[Workflow] | None = part("The workflow run that started the job, if one did.")
