"""Workflow runs."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Integer, ListOf, Number, Secret, Text, Time, many, part, sample
from ci_callback_results.job import CosHeader, Result
from ci_callback_results.tags.media.media_parts import MediaInfo
from ci_callback_results.tags.vision.image_ocr import Detection


class WrittenObject(Element):
    """One object that a task wrote."""

    object_name: Text = sample("out/sample.mp4", about="Its key.")
    object_url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/out/sample.mp4", about="Its URL.")
    input_object_name: Text = part("The key of the object it was made from.")
    code: Text = part("`Success`, or the error's code, for this object; not the run's.")
    message: Text = part("The error in words; not the run's.")


class TaskObject(WrittenObject):
    """One object that a task wrote or read."""

    image_ocr_result: Detection | None = part("The text read from it, for a task that reads texts.")


class ResultInfo(Element):
    """The objects that a task wrote."""

    object_count: Integer = sample("1", about="Their number.")
    object_info: ListOf[TaskObject] = many("The objects.")
    sprite_object_count: Integer = part("Number of sprites (雪碧图).")
    sprite_object_info: ListOf[WrittenObject] = many("The sprites.")


class JudgedInput(Element):
    """Properties of an input that a condition was evaluated on."""

    width: Number = part("The width of the video in pixels.")
    height: Number = part("The height of the video in pixels.")
    dar: Text = part("The display aspect ratio of the video.")
    duration: Number = part("The duration in seconds.")
    size: Integer = part("The size in bytes.")
    image_width: Number = part("The width of the picture in pixels.")
    image_height: Number = part("The height of the picture in pixels.")
    image_dar: Text = part("The aspect ratio of the picture.")


class JudgementResult(Element):
    """The condition evaluated on one object."""

    object_name: Text = sample("in/sample.mp4", about="Its key.")
    object_url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/sample.mp4", about="Its URL.")
    state: Text = sample("Success", about="`Success` if the condition holds; not the run's State.")
    input_object_info: JudgedInput | None = part("Its properties.")


class JudgementInfo(Element):
    """Results of a node that evaluates a condition."""

    object_count: Integer = sample("1", about="Number of objects.")
    judgement_result: ListOf[JudgementResult] = many("The results.")


class BasicInfo(Element):
    """Properties of a file."""

    object: Text = sample("in/sample.mp4", about="Its key.")
    content_type: Text = sample("video/mp4", about="Its media type.")
    size: Integer = sample("9844531", about="Its size in bytes.")
    e_tag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"', about="Its ETag.")
    last_modified: Time = sample("2025-03-01T08:59:58+0800", about="The time of the last change.")


class PictureInfo(Element):
    """Properties of a picture."""

    format: Text = sample("JPEG", about="The format.")
    width: Integer = sample("800", about="The width in pixels.")
    height: Integer = sample("600", about="The height in pixels.")
    md5: Text = part("The MD5, in hexadecimal.")
    frame_count: Integer = part("Number of frames of an animation.")


class FileInfo(Element):
    """The object that started the run."""

    basic_info: BasicInfo | None = part("Properties of the file.")
    media_info: MediaInfo | None = part("Properties of the medium.")
    image_info: PictureInfo | None = part("Properties of the picture.")


class Task(Element):
    """One node of the workflow. Its job has a callback of its own."""

    LEADING: ClassVar[tuple[str, ...]] = ("Type", "Name", "JobId", "State")

    type: Text = sample("Transcode", about="The kind of node: the Tag of its job.")
    name: Text = sample("Transcode_1700000000001", about="The node's name in the workflow.")
    job_id: Text = sample("j7d0c5f5c17b011ef8a5525400c540df1", about="Its job.")
    state: Text = sample("Success", about="How the job ended: `Success`, `Failed` and others.")
    create_time: Time = sample("2025-03-01 09:00:02+0800", about="The time of submission.")
    start_time: Time = sample("2025-03-01 09:00:03+0800", about="The start.")
    end_time: Time = sample("2025-03-01 09:00:31+0800", about="The end.")
    template_id: Text = sample("t1460606b9752148c4ab182f55163ba7cd", about="The template that was used.")
    template_name: Text = sample("my_template", about="Its name.")
    transcode_template_id: Text = part("The transcoding template, for a node that has two.")
    transcode_template_name: Text = part("Its name.")
    hdr_mode: Text = part("The kind of HDR, `HLG` or `HDR10`, if the node generates it.")
    code: Text = part("`Success`, or the error code, of this task; not the run's. Only in look-ups.")
    message: Text = part("The error in words; not the run's.")
    result_info: ResultInfo | None = part("The objects it wrote; only in callbacks.")
    judgement_info: JudgementInfo | None = part("The results of a condition, as in the Java SDK.")
    file_info: FileInfo | None = part("The object that started the run, as in the Java SDK.")


class WorkflowRun(Result):
    """工作流回调. https://cloud.tencent.com/document/product/460/80039.

    EventName is `WorkflowFinish`, or `WorkflowStart` if the workflow's notifications include it; the body of a start is
    not published. The Tag is `Workflow` and the JobId the RunId. CI sends neither Code nor Message. For the result of a
    look-up (`VERIFY`) see document 436/80046.
    """

    TAG: ClassVar[str] = "Workflow"
    API: ClassVar[str] = "workflowexecution"

    event_name: Text = sample("WorkflowFinish", about="`WorkflowFinish` or `WorkflowStart`.")
    job_id: Text = sample("i1f0c7d2e17b011ef8a5525400c540df0", about="The run: the same as RunId.")
    state: Text = sample("Success", about="`Success`, or `Failed` if one of the tasks failed.")
    code: Text = part("Never sent by CI; errors are in the callbacks of the tasks.")
    run_id: Text = sample("i1f0c7d2e17b011ef8a5525400c540df0", about="The run.")
    workflow_id: Text = sample("w93aa43ba105347169fa093ed857b2a90", about="The workflow.")
    workflow_name: Text = sample("my_workflow", about="Its name.")
    bucket_id: Text = sample("media-1250000000", about="The bucket of the object that started the run, as name-APPID.")
    object: Text = sample("in/sample.mp4", about="That object's key.")
    cos_headers: ListOf[CosHeader] = many("Headers of the object's upload.")
    create_time: Time = sample("2025-03-01 09:00:01+0800", about="When the run began.")
    tasks: ListOf[Task] = many("The nodes that ran.")
    topology: Secret = part(
        "The workflow's definition, in look-ups; left out of the result, since it may contain the callback URL."
    )
