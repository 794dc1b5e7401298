"""Picture review."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Integer, ListOf, Secret, Text, many, part, sample
from ci_callback_results.job import Result
from ci_callback_results.tags.review.review import Reviewed, SimpleReview
from ci_callback_results.tags.review.review_parts import OcrHitInfo, PictureScenes, PictureVerdict


class Encryption(Element):
    """How the picture is encrypted, echoed."""

    algorithm: Text = part("The algorithm.")
    key: Secret = part("The key; left out of the result.")
    iv: Secret = sample(alias="IV", about="The initialisation vector; left out of the result.")
    key_id: Text = part("The key's id.")
    key_type: Integer = part("The kind of key.")


class ReviewImage(PictureScenes, Reviewed, Result):
    """图片审核. https://cloud.tencent.com/document/product/460/56345.

    EventName is `ReviewImage`. `Result` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "image/auditing"

    event_name: Text = sample("ReviewImage", about="`ReviewImage`.")
    job_id: Text = sample(
        "si1f0c7d2e17b011ef8a5525400c540df", about="The review's id; in the Simple form its `trace_id`."
    )
    object: Text = sample("in/sample.jpg", about="The picture's key, if a key was reviewed.")
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    score: Integer = sample("72", about="The confidence, 0 to 100.")
    category: Text = sample("QRCode", about="The kind of finding.")
    sub_label: Text = sample("QRCode", about="The narrower kind of finding.")
    text: Text = sample("扫码领取优惠券", about="The text in the picture, if the policy includes it.")
    compression_result: Integer = sample("0", about="1 if the picture was compressed first, else 0.")
    teenager_info: PictureVerdict | None = part("The result for content unfit for minors.")
    terrorist_info: PictureVerdict | None = part("The result for terrorism, under an older name.")
    ocr_hit_infos: ListOf[OcrHitInfo] = many("The texts in the picture with hits.")
    encryption: Encryption | None = part("How the picture is encrypted, echoed.")
    data: SimpleReview | None = sample(
        alias="data", about="The Simple form, if CI sends it: the only field besides the first six."
    )
