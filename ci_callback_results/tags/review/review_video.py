"""Review of videos and live streams."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Output, Result
from ci_callback_results.tags.review.review import Reviewed, SimpleReview
from ci_callback_results.tags.review.review_parts import (
    OcrHitInfo,
    PictureScenes,
    PictureVerdict,
    SoundSection,
    Totals,
    Verdict,
)


class Snapshot(PictureScenes):
    """One picture of the video."""

    url: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/review/snapshot-0.jpg",
        about="Its URL, valid for two hours.",
    )
    text: Text = sample("扫码领取优惠券", about="The text in it, if the policy includes it.")
    snapshot_time: Integer = sample(
        "4000",
        about="Its position, in milliseconds from the beginning; in a live stream the moment, in"
        " milliseconds since 1970.",
    )
    label: Text = sample("Ads", about="The most severe finding: `Normal`, `Porn`, `Ads` and others.")
    sub_label: Text = part("The narrower kind of finding.")
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    teenager_info: PictureVerdict | None = part("The result for content unfit for minors.")
    ocr_hit_infos: ListOf[OcrHitInfo] = many("The texts in the picture with hits.")


class RecordInfo(Element):
    """The covered copy of a video."""

    code: Text = sample("Success", about="`Success`, or the error's code; not the review's.")
    message: Text = part("The error in words; not the review's.")
    output: Output | None = part("Its location.")


class LiveInfo(Element):
    """The covered copy of a live stream."""

    start_time: Text = part("The start.")
    end_time: Text = part("The end.")
    output: Text = part("The streaming destination.")


class MaskInfo(Element):
    """State of the copy with findings covered."""

    record_info: RecordInfo | None = part("The covered copy of a video.")
    live_info: LiveInfo | None = part("The covered copy of a live stream.")


class ReviewVideo(Totals, Reviewed, Result):
    """视频审核、直播审核. https://cloud.tencent.com/document/api/1535/64370.

    EventName is `ReviewVideo`, for videos and for live streams (https://www.tencentcloud.com/document/product/1045/49343).
    `Result` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "video/auditing"

    event_name: Text = sample("ReviewVideo", about="`ReviewVideo`.")
    job_id: Text = sample(
        "av1f0c7d2e17b011ef8a5525400c540df", about="The review's id; in the Simple form its `trace_id`."
    )
    state: Text = sample("Success", about="`Success` or `Failed`; while a live stream goes on, `Auditing`.")
    object: Text = sample("in/sample.mp4", about="The video's key, if a key was reviewed.")
    type: Text = sample("video", about="The kind of review; `live_video` for a live stream.")
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    sub_label: Text = part("The narrower kind of finding.")
    snapshot_count: Integer = sample(
        "1", about="Number of pictures looked at; while a live stream goes on, how many this callback is about."
    )
    snapshot: ListOf[Snapshot] = many("The pictures.")
    audio_section: ListOf[SoundSection] = many("The sections of the sound; absent without sound.")
    teenager_info: Verdict | None = part("The result for content unfit for minors.")
    mask_info: MaskInfo | None = part("State of the copy with findings covered.")
    data: SimpleReview | None = sample(
        alias="data", about="The Simple form, if CI sends it: the only field besides the first six."
    )
