"""Watermarks and subtitles, added to a video or removed from it; echoed from the submission.

Watermarks: https://www.tencentcloud.com/document/product/1045/49917, digital ones:
https://cloud.tencent.com/document/product/436/85064.
"""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample


class SlideConfig(Element):
    """How a watermark moves."""

    slide_mode: Text = sample(
        "Default", about="`Default`: it is static; `ScrollFromLeft`: it moves from left to right."
    )
    x_slide_speed: Integer = sample("0", about="The speed across, from 0 to 10.")
    y_slide_speed: Integer = sample("0", about="The speed down, from 0 to 10.")


class WatermarkImage(Element):
    """A picture as watermark."""

    url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/logo.png", about="The picture's URL.")
    mode: Text = sample("Proportion", about="Its size: `Original`, in `Proportion` to the video, or `Fixed`.")
    width: Integer = sample("10", about="The width: per cent of the video's in `Proportion`, pixels in `Fixed`.")
    height: Integer = sample("10", about="The height: per cent of the video's in `Proportion`, pixels in `Fixed`.")
    transparency: Integer = sample("100", about="The transparency per cent, from 1 to 100, as CI counts it.")
    background: Flag = sample("false", about="Whether it is behind the video.")


class WatermarkText(Element):
    """A text as watermark."""

    text: Text = sample("example", about="The text.")
    font_size: Integer = sample("30", about="The size of the font in pixels.")
    font_type: Text = sample("simfang.ttf", about="The font's file.")
    font_color: Text = sample("0xffffff", about="The color, as 0xRRGGBB.")
    transparency: Integer = sample("30", about="The transparency per cent, from 1 to 100, as CI counts it.")


class WatermarkConfig(Element):
    """One visible watermark."""

    type: Text = sample("Text", about="`Text` or `Image`.")
    pos: Text = sample("TopRight", about="The place it is reckoned from, such as `TopRight`, `Bottom` or `Center`.")
    loc_mode: Text = sample("Absolute", about="Unit of `Dx` and `Dy`: pixels in `Absolute`, per cent in `Relativity`.")
    dx: Number = sample("128", about="How far it is from that place across.")
    dy: Number = sample("64", about="How far it is from that place down.")
    start_time: Number = sample("0", about="When it appears, in seconds of the video.")
    end_time: Number = sample("60", about="When it goes, in seconds of the video.")
    slide_config: SlideConfig | None = part("How it moves.")
    image: WatermarkImage | None = part("The picture, if Type is Image.")
    text: WatermarkText | None = part("The text, if Type is Text.")


class RemoveWatermark(Element):
    """A rectangle of the input whose watermark is removed."""

    dx: Integer = sample("150", about="The distance from the left in pixels.")
    dy: Integer = sample("150", about="The distance from the top in pixels.")
    width: Integer = sample("75", about="The width in pixels.")
    height: Integer = sample("75", about="The height in pixels.")
    switch: Text = part("Whether it is on, as in the Java SDK.")
    start_time: Number = part("The start in seconds, as in the Java SDK.")
    end_time: Number = part("The end in seconds, as in the Java SDK.")


class DigitalMark(Element):
    """A digital watermark: a text hidden in the pictures. `State` and `Message` are the mark's, not the job's."""

    type: Text = sample("Text", about="The kind of the mark.")
    message: Text = sample("copyright-4711", about="The text that is hidden; never a status.")
    version: Text = sample("V1", about="The version of the method.")
    ignore_error: Flag = sample("false", about="Whether the job continues if the text could not be hidden.")
    state: Text = sample(
        "Success", about="`Success` if the text was hidden, else `Failed`; independent of the job's State."
    )


class Subtitle(Element):
    """Subtitles that are added."""

    url: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/sample.srt", about="The URL of the subtitles."
    )
    embed: Flag = sample("true", about="Whether they become part of the picture.")
    font_type: Text = sample("simfang.ttf", about="The font's file.")
    font_size: Integer = sample("24", about="The size of the font in pixels.")
    font_color: Text = sample("0xffffff", about="The color, as 0xRRGGBB.")
    outline_color: Text = sample("0x000000", about="The color of the letters' outline, as 0xRRGGBB.")
    v_margin: Integer = sample("20", about="The distance from the edge in pixels.")


class Subtitles(Element):
    """All subtitles that are added."""

    subtitle: ListOf[Subtitle] = many("One after the other.")


class Marked(Element):
    """Additions to the video written."""

    watermark: ListOf[WatermarkConfig] = many("The visible watermarks; absent if templates are named instead.")
    watermark_template_id: ListOf[Text] = sample(
        "t1b7d20c94e5f648a3b1c2d3e4f5a69788", about="The templates of the visible watermarks."
    )
    digital_watermark: DigitalMark | None = part("The hidden watermark, and whether it could be put in.")
    subtitles: Subtitles | None = part("The subtitles that are added.")
