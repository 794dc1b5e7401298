"""Sound review."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Result
from ci_callback_results.tags.review.review import Reviewed, SimpleReview
from ci_callback_results.tags.review.review_parts import SoundLabel, SoundSection, Totals, Verdict


class ReviewAudio(Totals, Reviewed, Result):
    """音频审核. https://www.tencentcloud.com/document/product/1045/48268.

    EventName is `ReviewAudio`. `Result` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "audio/auditing"

    event_name: Text = sample("ReviewAudio", about="`ReviewAudio`.")
    job_id: Text = sample(
        "sa1f0c7d2e17b011ef8a5525400c540df", about="The review's id; in the Simple form its `trace_id`."
    )
    object: Text = sample("in/sample.mp3", about="The sound's key, if a key was reviewed.")
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    sub_label: Text = part("The narrower kind of finding.")
    audio_text: Text = sample("扫码领取优惠券", about="The spoken text.")
    section: ListOf[SoundSection] = many("Its sections.")
    language_results: ListOf[SoundLabel] = many("The languages recognised.")
    teenager_info: Verdict | None = part("The result for content unfit for minors.")
    data: SimpleReview | None = sample(
        alias="data", about="The Simple form, if CI sends it: the only field besides the first six."
    )
