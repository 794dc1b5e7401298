"""What CI makes of pictures in a job: pictures processed, and posters composed."""

from __future__ import annotations

from typing import ClassVar

from models.fields import Element, Flag, Integer, ListOf, Text, many, sample
from models.job import Operation


class ImageInfo(Element):
    """What is known of the picture that came in."""

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
    """How it is turned, as in Exif; 0 where it does not say."""


class OriginalInfo(Element):
    """The picture that came in."""

    key: Text = None
    """Its key; job look-ups alone have it."""
    location: Text = None
    """Its URL without the scheme; job look-ups alone have it."""
    etag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"')
    """Its ETag, quotes included."""
    e_tag: Text = None
    """The same; job look-ups spell it so."""
    image_info: ImageInfo | None = None
    """What is known of it."""


class ProcessedPicture(Element):
    """The picture that was made."""

    key: Text = None
    """Its key; job look-ups alone have it."""
    location: Text = None
    """Its URL without the scheme; job look-ups alone have it."""
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
    """Its ETag; job look-ups alone have it."""


class ProcessedPictures(Element):
    """The pictures that were made, as job look-ups list them."""

    object: ListOf[ProcessedPicture] = many()
    """The pictures."""


class UploadResult(Element):
    """What job look-ups have in place of the callback's three fields."""

    original_info: OriginalInfo | None = None
    """The picture that came in."""
    process_results: ProcessedPictures | None = None
    """The pictures that were made."""


class PicProcessResult(Element):
    """What came of it. A callback has the first three fields, a job look-up nests the same in `UploadResult`."""

    object_name: Text = sample("out/sample.webp")
    """The key of the picture that was made."""
    original_info: OriginalInfo | None = None
    """The picture that came in."""
    process_result: ProcessedPicture | None = None
    """The picture that was made."""
    upload_result: UploadResult | None = None
    """The same in a job look-up's form."""


class PicProcessParameters(Element):
    """How the picture was to be processed."""

    is_pic_info: Flag = sample("true")
    """Whether the result was to tell of the picture that came in."""
    process_rule: Text = sample("imageMogr2/thumbnail/400x/format/webp")
    """The rule: `imageMogr2/…`, `watermark/…` and so on, several joined by `|`."""


class PicProcess(Operation):
    """图片处理. https://cloud.tencent.com/document/product/460/77587."""

    API: ClassVar[str] = "pic_jobs"

    pic_process: PicProcessParameters | None = None
    """How the picture was to be processed, for a job without a template."""
    pic_process_result: PicProcessResult | None = None
    """What came of it."""


class PosterInfo(Element):
    """The poster's own fields: each is named as its template names it, and holds a text or a picture's URL."""


class PosterParameters(Element):
    """Which poster was to be made."""

    template_id: Text = sample("66a7b3c19f1e2d0001a4c8e5")
    """The poster's template, not the job's."""
    info: PosterInfo | None = None
    """What to fill into the template: its own names, each with a text or a picture's URL."""


class PosterProduction(Operation):
    """海报合成. https://cloud.tencent.com/document/product/460/82391.

    No callback body is published; fields as in the Go SDK.
    """

    API: ClassVar[str] = "pic_jobs"

    poster_production: PosterParameters | None = None
    """Which poster was to be made."""
    pic_process_result: PicProcessResult | None = None
    """The poster."""
