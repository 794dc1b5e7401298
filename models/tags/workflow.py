"""Workflow runs."""

from __future__ import annotations

from typing import ClassVar

from models.fields import Element, Integer, ListOf, Number, Secret, Text, Time, many, sample
from models.job import CosHeader, Result
from models.tags.media.media_parts import MediaInfo
from models.tags.vision.image_ocr import Detection


class WrittenObject(Element):
    """One object that a task wrote."""

    object_name: Text = sample("out/sample.mp4")
    """Its key."""
    object_url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/out/sample.mp4")
    """Its URL."""
    input_object_name: Text = None
    """The key of the object it was made from."""
    code: Text = None
    """`Success`, or the error's code, for this object; not the run's."""
    message: Text = None
    """The error in words; not the run's."""


class TaskObject(WrittenObject):
    """One object that a task wrote or read."""

    image_ocr_result: Detection | None = None
    """The text read from it, for a task that reads texts."""


class ResultInfo(Element):
    """The objects that a task wrote."""

    object_count: Integer = sample("1")
    """Their number."""
    object_info: ListOf[TaskObject] = many()
    """The objects."""
    sprite_object_count: Integer = None
    """Number of sprites (雪碧图)."""
    sprite_object_info: ListOf[WrittenObject] = many()
    """The sprites."""


class JudgedInput(Element):
    """Properties of an input that a condition was evaluated on."""

    width: Number = None
    """The width of the video in pixels."""
    height: Number = None
    """The height of the video in pixels."""
    dar: Text = None
    """The display aspect ratio of the video."""
    duration: Number = None
    """The duration in seconds."""
    size: Integer = None
    """The size in bytes."""
    image_width: Number = None
    """The width of the picture in pixels."""
    image_height: Number = None
    """The height of the picture in pixels."""
    image_dar: Text = None
    """The aspect ratio of the picture."""


class JudgementResult(Element):
    """The condition evaluated on one object."""

    object_name: Text = sample("in/sample.mp4")
    """Its key."""
    object_url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/sample.mp4")
    """Its URL."""
    state: Text = sample("Success")
    """`Success` if the condition holds; not the run's State."""
    input_object_info: JudgedInput | None = None
    """Its properties."""


class JudgementInfo(Element):
    """Results of a node that evaluates a condition."""

    object_count: Integer = sample("1")
    """Number of objects."""
    judgement_result: ListOf[JudgementResult] = many()
    """The results."""


class BasicInfo(Element):
    """Properties of a file."""

    object: Text = sample("in/sample.mp4")
    """Its key."""
    content_type: Text = sample("video/mp4")
    """Its media type."""
    size: Integer = sample("9844531")
    """Its size in bytes."""
    e_tag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"')
    """Its ETag."""
    last_modified: Time = sample("2025-03-01T08:59:58+0800")
    """The time of the last change."""


class PictureInfo(Element):
    """Properties of a picture."""

    format: Text = sample("JPEG")
    """The format."""
    width: Integer = sample("800")
    """The width in pixels."""
    height: Integer = sample("600")
    """The height in pixels."""
    md5: Text = None
    """The MD5, in hexadecimal."""
    frame_count: Integer = None
    """Number of frames of an animation."""


class FileInfo(Element):
    """The object that started the run."""

    basic_info: BasicInfo | None = None
    """Properties of the file."""
    media_info: MediaInfo | None = None
    """Properties of the medium."""
    image_info: PictureInfo | None = None
    """Properties of the picture."""


class Task(Element):
    """One node of the workflow. Its job has a callback of its own."""

    LEADING: ClassVar[tuple[str, ...]] = ("Type", "Name", "JobId", "State")

    type: Text = sample("Transcode")
    """The kind of node: the Tag of its job."""
    name: Text = sample("Transcode_1700000000001")
    """The node's name in the workflow."""
    job_id: Text = sample("j7d0c5f5c17b011ef8a5525400c540df1")
    """Its job."""
    state: Text = sample("Success")
    """How the job ended: `Success`, `Failed` and others."""
    create_time: Time = sample("2025-03-01 09:00:02+0800")
    """The time of submission."""
    start_time: Time = sample("2025-03-01 09:00:03+0800")
    """The start."""
    end_time: Time = sample("2025-03-01 09:00:31+0800")
    """The end."""
    template_id: Text = sample("t1460606b9752148c4ab182f55163ba7cd")
    """The template that was used."""
    template_name: Text = sample("my_template")
    """Its name."""
    transcode_template_id: Text = None
    """The transcoding template, for a node that has two."""
    transcode_template_name: Text = None
    """Its name."""
    hdr_mode: Text = None
    """The kind of HDR, `HLG` or `HDR10`, if the node generates it."""
    code: Text = None
    """`Success`, or the error code, of this task; not the run's. Only in look-ups."""
    message: Text = None
    """The error in words; not the run's."""
    result_info: ResultInfo | None = None
    """The objects it wrote; only in callbacks."""
    judgement_info: JudgementInfo | None = None
    """The results of a condition, as in the Java SDK."""
    file_info: FileInfo | None = None
    """The object that started the run, as in the Java SDK."""


class WorkflowRun(Result):
    """工作流回调. https://cloud.tencent.com/document/product/460/80039.

    EventName is `WorkflowFinish`, or `WorkflowStart` if the workflow's notifications include it; the body of a start is
    not published. The Tag is `Workflow` and the JobId the RunId. CI sends neither Code nor Message. For the result of a
    look-up (`VERIFY`) see document 436/80046.
    """

    TAG: ClassVar[str] = "Workflow"
    API: ClassVar[str] = "workflowexecution"

    event_name: Text = sample("WorkflowFinish")
    """`WorkflowFinish` or `WorkflowStart`."""
    job_id: Text = sample("i1f0c7d2e17b011ef8a5525400c540df0")
    """The run: the same as RunId."""
    state: Text = sample("Success")
    """`Success`, or `Failed` if one of the tasks failed."""
    code: Text = None
    """Never sent by CI; errors are in the callbacks of the tasks."""
    run_id: Text = sample("i1f0c7d2e17b011ef8a5525400c540df0")
    """The run."""
    workflow_id: Text = sample("w93aa43ba105347169fa093ed857b2a90")
    """The workflow."""
    workflow_name: Text = sample("my_workflow")
    """Its name."""
    bucket_id: Text = sample("media-1250000000")
    """The bucket of the object that started the run, as name-APPID."""
    object: Text = sample("in/sample.mp4")
    """That object's key."""
    cos_headers: ListOf[CosHeader] = many()
    """Headers of the object's upload."""
    create_time: Time = sample("2025-03-01 09:00:01+0800")
    """When the run began."""
    tasks: ListOf[Task] = many()
    """The nodes that ran."""
    topology: Secret = None
    """The workflow's definition, in look-ups; left out of the result, since it may contain the callback URL."""
