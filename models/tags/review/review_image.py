"""Picture review."""

from __future__ import annotations

from typing import ClassVar

from models.fields import Element, Integer, ListOf, Secret, Text, many, sample
from models.job import Result
from models.tags.review.review import Reviewed, SimpleReview
from models.tags.review.review_parts import OcrHitInfo, PictureScenes, PictureVerdict


class Encryption(Element):
    """How the picture is encrypted, echoed."""

    algorithm: Text = None
    """The algorithm."""
    key: Secret = None
    """The key; left out of the result."""
    iv: Secret = sample(alias="IV")
    """The initialisation vector; left out of the result."""
    key_id: Text = None
    """The key's id."""
    key_type: Integer = None
    """The kind of key."""


class ReviewImage(PictureScenes, Reviewed, Result):
    """图片审核. https://cloud.tencent.com/document/product/460/56345.

    EventName is `ReviewImage`. `Result` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "image/auditing"

    event_name: Text = sample("ReviewImage")
    """`ReviewImage`."""
    job_id: Text = sample("si1f0c7d2e17b011ef8a5525400c540df")
    """The review's id; in the Simple form its `trace_id`."""
    object: Text = sample("in/sample.jpg")
    """The picture's key, if a key was reviewed."""
    result: Integer = sample("2")
    """0 normal, 1 to be blocked, 2 to be looked at by a human."""
    score: Integer = sample("72")
    """The confidence, 0 to 100."""
    category: Text = sample("QRCode")
    """The kind of finding."""
    sub_label: Text = sample("QRCode")
    """The narrower kind of finding."""
    text: Text = sample("扫码领取优惠券")
    """The text in the picture, if the policy includes it."""
    compression_result: Integer = sample("0")
    """1 if the picture was compressed first, else 0."""
    teenager_info: PictureVerdict | None = None
    """The result for content unfit for minors."""
    terrorist_info: PictureVerdict | None = None
    """The result for terrorism, under an older name."""
    ocr_hit_infos: ListOf[OcrHitInfo] = many()
    """The texts in the picture with hits."""
    encryption: Encryption | None = None
    """How the picture is encrypted, echoed."""
    data: SimpleReview | None = sample(alias="data")
    """The Simple form, if CI sends it: the only field besides the first six."""
