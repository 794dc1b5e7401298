"""Pictures processed, and posters composed."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Operation


class ImageInfo(Element):
    """Properties of the input picture."""

    format: Text = sample("JPEG", about="Its format.")
    width: Integer = sample("800", about="Its width in pixels.")
    height: Integer = sample("600", about="Its height in pixels.")
    quality: Integer = sample("90", about="Its quality, 1 to 100.")
    ave: Text = sample("0x3a5f7b", about="Its mean colour, 0x and RGB in hexadecimal.")
    orientation: Integer = sample("1", about="Exif orientation; 0 if unspecified.")
    frame_count: Integer = part("Number of frames of an animation.")


class OriginalInfo(Element):
    """The input picture."""

    key: Text = part("Its key; only in job look-ups.")
    location: Text = part("Its URL without the scheme; only in job look-ups.")
    etag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"', about="Its ETag, quotes included.")
    e_tag: Text = part("The same; job look-ups spell it so.")
    image_info: ImageInfo | None = part("Its properties.")


class ProcessedPicture(Element):
    """The output picture."""

    key: Text = part("Its key; only in job look-ups.")
    location: Text = part("Its URL without the scheme; only in job look-ups.")
    format: Text = sample("WEBP", about="Its format.")
    width: Integer = sample("400", about="Its width in pixels.")
    height: Integer = sample("300", about="Its height in pixels.")
    size: Integer = sample("18432", about="Its size in bytes.")
    quality: Integer = sample("85", about="Its quality, 1 to 100.")
    etag: Text = part("Its ETag; only in job look-ups.")


class ProcessedPictures(Element):
    """The output pictures of a job look-up."""

    object: ListOf[ProcessedPicture] = many("The pictures.")


class UploadResult(Element):
    """The form of a job look-up, in place of the callback's three fields."""

    original_info: OriginalInfo | None = part("The input picture.")
    process_results: ProcessedPictures | None = part("The output pictures.")


class PicProcessResult(Element):
    """The result of one picture. A job look-up has `UploadResult` in place of the other fields."""

    state: Text = part("The state of this picture; not the job's State.")
    code: Text = part("`Success`, or the error code of this picture; not the job's Code.")
    message: Text = part("The error text of this picture; not the job's Message.")
    input_object_name: Text = part("The key of the input picture.")
    input_object_url: Text = part("The URL of the input picture.")
    object_name: Text = sample("out/sample-0.webp", "out/sample-1.webp", about="The key of the output picture.")
    object_url: Text = part("The URL of the output picture.")
    original_info: OriginalInfo | None = part("The input picture.")
    process_result: ProcessedPicture | None = part("The output picture.")
    upload_result: UploadResult | None = part("The same in a job look-up's form.")


class PicProcessParameters(Element):
    """How the picture was to be processed."""

    is_pic_info: Flag = sample("true", about="Whether to include properties of the input picture.")
    process_rule: Text = sample(
        "imageMogr2/thumbnail/400x/format/webp",
        about="The rule: `imageMogr2/…`, `watermark/…` and so on, several joined by `|`.",
    )


class PicProcess(Operation):
    """图片处理. https://cloud.tencent.com/document/product/460/77587."""

    API: ClassVar[str] = "pic_jobs"

    pic_process: PicProcessParameters | None = part(
        "How the picture was to be processed, for a job without a template."
    )
    pic_process_result: ListOf[PicProcessResult] = many("The results, one for each picture.")


class PosterInfo(Element):
    """The poster's own fields: each is named as its template names it, and holds a text or a picture's URL."""


class PosterParameters(Element):
    """Parameters of the poster."""

    template_id: Text = sample("66a7b3c19f1e2d0001a4c8e5", about="The poster's template, not the job's.")
    info: PosterInfo | None = part("Values for the template: its own names, each with a text or a picture's URL.")


class PosterProduction(Operation):
    """海报合成. https://cloud.tencent.com/document/product/460/82391.

    No callback body is published; fields as in the Go SDK.
    """

    API: ClassVar[str] = "pic_jobs"

    poster_production: PosterParameters | None = part("Parameters of the poster.")
    pic_process_result: ListOf[PicProcessResult] = many("The posters.")
