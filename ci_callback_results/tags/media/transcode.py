"""Transcoding: a video or audio file in another format."""

from __future__ import annotations

from ci_callback_results.fields import Flag, ListOf, Text, many, part, sample
from ci_callback_results.job import Operation, Output
from ci_callback_results.tags.media.media_config import TranscodeConfig
from ci_callback_results.tags.media.media_marks import Marked, RemoveWatermark
from ci_callback_results.tags.media.media_parts import MediaOutcome


class Transcoding(Marked, MediaOutcome):
    """Fields common to transcoding jobs."""

    transcode: TranscodeConfig | None = part("How the input was transcoded; absent if a template is named instead.")
    remove_watermark: ListOf[RemoveWatermark] = many("The rectangles whose watermark was removed.")
    free_transcode: Flag = sample("false", about="Whether the job waited for idle hours.")


class Transcode(Transcoding, Operation):
    """音视频转码. https://cloud.tencent.com/document/product/460/84790.

    极速高清 (top speed codec) jobs have this Tag too. `Output.Object` may end in `${ext}`: the files' keys are in
    `MediaResult`.
    """


class HighSpeedHd(Transcoding, Operation):
    """极速高清转码. https://cloud.tencent.com/document/product/460/84777.

    No callback body with this Tag is published, the documented jobs have the Tag Transcode; fields as there.
    """


class PlayListOutput(Output):
    """Destination of the play list."""

    object: Text = sample("out/sample.m3u8", about="The play list's key.")


class GeneratePlayList(Marked, MediaOutcome, Operation):
    """边转边播. https://cloud.tencent.com/document/product/460/106683.

    No callback body is published; fields as in the Go SDK.
    """

    transcode: TranscodeConfig | None = part("How the pieces are transcoded when they are played.")
    output: PlayListOutput | None = part("Destination of the play list.")
