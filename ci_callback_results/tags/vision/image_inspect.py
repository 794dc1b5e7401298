"""Pictures that hide other files."""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, Text, part, sample
from ci_callback_results.job import Operation


class ImageInspectParameters(Element):
    """Handling of a suspicious picture."""

    auto_process: Flag = sample("true", about="Whether to do anything with it.")
    process_type: Text = sample(
        "BackupObject", about="The action, such as `BackupObject`, `SwitchObjectToPrivate` or `DeleteObject`."
    )


class AutoProcessResult(Element):
    """Handling of a suspicious picture."""

    code: Text = sample("Success", about="`Success`, or the error's code; not the job's.")
    message: Text = part("The error in words; not the job's.")


class ProcessResult(Element):
    """The findings in the picture."""

    pic_size: Integer = sample("524288", about="The picture's size in bytes.")
    pic_type: Text = sample("jpg", about="The picture's format.")
    suspicious: Flag = sample("true", about="Whether another file is hidden in it.")
    suspicious_begin_byte: Integer = sample(
        "102400", about="Start of the hidden file, in bytes from the picture's beginning."
    )
    suspicious_end_byte: Integer = sample(
        "524287", about="End of the hidden file, in bytes from the picture's beginning."
    )
    suspicious_size: Integer = sample("421888", about="The hidden file's size in bytes.")
    suspicious_type: Text = sample("MPEG-TS", about="The hidden file's kind.")
    auto_process_result: AutoProcessResult | None = part("Handling of the picture.")


class ImageInspectResult(Element):
    """How the inspection went and what it found."""

    state: Text = sample("Success", about="How the inspection of this picture went; not the job's State.")
    code: Text = sample("Success", about="`Success`, or the error's code; not the job's.")
    message: Text = part("The error in words; not the job's.")
    input_object_name: Text = sample("in/sample.jpg", about="The picture's key.")
    input_object_url: Text = part("The picture's URL.")
    process_result: ProcessResult | None = part("The findings.")


class ImageInspect(Operation):
    """黑产检测. https://cloud.tencent.com/document/product/460/95990."""

    image_inspect: ImageInspectParameters | None = part("Handling of a suspicious picture.")
    image_inspect_result: ImageInspectResult | None = part("How the inspection went and what it found.")
