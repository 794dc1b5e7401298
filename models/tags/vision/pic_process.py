"""Pictures processed, and posters composed."""

from __future__ import annotations

from typing import ClassVar

from models.fields import Element, Flag, Integer, ListOf, Text, many, sample
from models.job import Operation


class ImageInfo(Element):
    """Properties of the input picture."""

    format: Text = sample("JPEG")
    """Its format."""
    width: Integer = sample("800")
    """Its width in pixels."""
    height: Integer = sample("600")
    """Its height in pixels."""
    quality: Integer = sample("90")
    """Its quality, 1 to 100."""
    ave: Text = sample("0x3a5f7b")
    """Its mean colour, 0x and RGB in hexadecimal."""
    orientation: Integer = sample("1")
    """Exif orientation; 0 if unspecified."""
    frame_count: Integer = None
    """Number of frames of an animation."""


class OriginalInfo(Element):
    """The input picture."""

    key: Text = None
    """Its key; only in job look-ups."""
    location: Text = None
    """Its URL without the scheme; only in job look-ups."""
    etag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"')
    """Its ETag, quotes included."""
    e_tag: Text = None
    """The same; job look-ups spell it so."""
    image_info: ImageInfo | None = None
    """Its properties."""


class ProcessedPicture(Element):
    """The output picture."""

    key: Text = None
    """Its key; only in job look-ups."""
    location: Text = None
    """Its URL without the scheme; only in job look-ups."""
    format: Text = sample("WEBP")
    """Its format."""
    width: Integer = sample("400")
    """Its width in pixels."""
    height: Integer = sample("300")
    """Its height in pixels."""
    size: Integer = sample("18432")
    """Its size in bytes."""
    quality: Integer = sample("85")
    """Its quality, 1 to 100."""
    etag: Text = None
    """Its ETag; only in job look-ups."""


class ProcessedPictures(Element):
    """The output pictures of a job look-up."""

    object: ListOf[ProcessedPicture] = many()
    """The pictures."""


class UploadResult(Element):
    """The form of a job look-up, in place of the callback's three fields."""

    original_info: OriginalInfo | None = None
    """The input picture."""
    process_results: ProcessedPictures | None = None
    """The output pictures."""


class PicProcessResult(Element):
    """The result of one picture. A job look-up has `UploadResult` in place of the other fields."""

    state: Text = None
    """The state of this picture; not the job's State."""
    code: Text = None
    """`Success`, or the error code of this picture; not the job's Code."""
    message: Text = None
    """The error text of this picture; not the job's Message."""
    input_object_name: Text = None
    """The key of the input picture."""
    input_object_url: Text = None
    """The URL of the input picture."""
    object_name: Text = sample("out/sample-0.webp", "out/sample-1.webp")
    """The key of the output picture."""
    object_url: Text = None
    """The URL of the output picture."""
    original_info: OriginalInfo | None = None
    """The input picture."""
    process_result: ProcessedPicture | None = None
    """The output picture."""
    upload_result: UploadResult | None = None
    """The same in a job look-up's form."""


class PicProcessParameters(Element):
    """How the picture was to be processed."""

    is_pic_info: Flag = sample("true")
    """Whether to include properties of the input picture."""
    process_rule: Text = sample("imageMogr2/thumbnail/400x/format/webp")
    """The rule: `imageMogr2/…`, `watermark/…` and so on, several joined by `|`."""


class PicProcess(Operation):
    """图片处理. https://cloud.tencent.com/document/product/460/77587."""

    API: ClassVar[str] = "pic_jobs"

    pic_process: PicProcessParameters | None = None
    """How the picture was to be processed, for a job without a template."""
    pic_process_result: ListOf[PicProcessResult] = many()
    """The results, one for each picture."""


class PosterInfo(Element):
    """The poster's own fields: each is named as its template names it, and holds a text or a picture's URL."""


class PosterParameters(Element):
    """Parameters of the poster."""

    template_id: Text = sample("66a7b3c19f1e2d0001a4c8e5")
    """The poster's template, not the job's."""
    info: PosterInfo | None = None
    """Values for the template: its own names, each with a text or a picture's URL."""


class PosterProduction(Operation):
    """海报合成. https://cloud.tencent.com/document/product/460/82391.

    No callback body is published; fields as in the Go SDK.
    """

    API: ClassVar[str] = "pic_jobs"

    poster_production: PosterParameters | None = None
    """Parameters of the poster."""
    pic_process_result: ListOf[PicProcessResult] = many()
    """The posters."""
