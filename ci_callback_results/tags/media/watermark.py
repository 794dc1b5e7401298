"""Visible and hidden watermarks, as jobs of their own."""

from __future__ import annotations

from ci_callback_results.fields import Element, ListOf, Text, many, part, sample
from ci_callback_results.job import Operation
from ci_callback_results.tags.media.media_marks import DigitalMark, WatermarkConfig
from ci_callback_results.tags.media.media_parts import MediaOutcome


class Watermark(MediaOutcome, Operation):
    """视频明水印. https://cloud.tencent.com/document/product/460/84781.

    No callback body is published; fields as in the Go SDK.
    """

    watermark: ListOf[WatermarkConfig] = many("The watermarks; absent if templates are named instead.")
    watermark_template_id: ListOf[Text] = sample(
        "t1b7d20c94e5f648a3b1c2d3e4f5a69788", about="The templates of the watermarks."
    )


class DigitalWatermark(MediaOutcome, Operation):
    """添加数字水印. https://cloud.tencent.com/document/product/436/85064."""

    digital_watermark: DigitalMark | None = part(
        "The text that was hidden. Its `State` and `Message` are not the job's."
    )


class ExtractedMark(Element):
    """A hidden text that was found."""

    type: Text = sample("Text", about="The kind of the mark.")
    message: Text = sample("copyright-4711", about="The hidden text; never a status.")
    version: Text = sample("V1", about="The version of the method.")


class ExtractDigitalWatermark(Operation):
    """提取数字水印. https://cloud.tencent.com/document/product/460/84786."""

    extract_digital_watermark: ExtractedMark | None = part("The text that was found. Its `Message` is not the job's.")
