"""Analysis of a medium: format, quality, resemblance to a known video."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation
from ci_callback_results.tags.media.media_parts import Known


class MediaInfoJob(Known, Operation):
    """获取媒体信息. https://cloud.tencent.com/document/product/436/85055."""

    # the element of the same name has the class `MediaInfo`
    TAG: ClassVar[str] = "MediaInfo"


# --- quality ------------------------------------------------------------------------------------------------------


class QualityEstimateConfig(Element):
    """How the video is judged."""

    rotate: Integer = sample("0", about="By how much it is turned before, in degrees: 0, 90, 180 or 270.")
    mode: Text = sample("vqaPlus", about="`vqaPlus` to look for flaws too.")


class QualityItem(Element):
    """One flaw."""

    confidence: Integer = sample("92", about="The confidence, a whole number.")
    start_time_offset: Number = sample("3.5", about="Start of the flaw, in seconds.")
    end_time_offset: Number = sample("7.25", about="End of the flaw, in seconds.")
    area_coord_set: ListOf[Integer] = sample(
        "10", "20", "630", "350", about="The corners of the rectangle the flaw is in, in pixels."
    )


class DetailedResult(Element):
    """All flaws of one kind."""

    type: Text = sample("Blur", about="The kind of flaw.")
    items: ListOf[QualityItem] = many("The flaws.")


class VqaPlusResult(Element):
    """The flaws, as in the Go SDK."""

    no_audio: Flag = sample("false", about="Whether the medium has no sound.")
    no_video: Flag = sample("false", about="Whether the medium has no pictures.")
    detailed_result: ListOf[DetailedResult] = many("The flaws by kind.")


class Quality(Element):
    """How good the video is."""

    score: Number = sample("7.64", about="The quality, from 0 to 10; 6 and more is good.")
    vqa_plus_result: VqaPlusResult | None = part("The flaws, if `Mode` is `vqaPlus`.")


class QualityEstimate(Known, Operation):
    """视频质量评分. https://cloud.tencent.com/document/product/436/85062."""

    quality_estimate_config: QualityEstimateConfig | None = part("How the video was judged.")
    quality_estimate: Quality | None = part("How good it is.")


# --- fingerprints -------------------------------------------------------------------------------------------------


class DnaConfig(Element):
    """Purpose of the fingerprint."""

    rule_type: Text = sample("GetFingerPrint", about="The operation, such as `GetFingerPrint`.")
    dna_db_id: Text = sample("Db4f1c7a9e2b3d4f5061728394a5b6c7d8", about="The collection of fingerprints.")
    video_id: Text = sample("c4ca4238a0b923820dcc509a6f75849b", about="The video's id in the collection.")


class MatchDetail(Element):
    """A part of the video that is also in a known one. Its times are whole numbers of a unit CI does not document."""

    match_start_time: Integer = sample("0", about="Start of the part in the video.")
    match_end_time: Integer = sample("12", about="End of the part in the video.")
    src_start_time: Integer = sample("30", about="Start of the part in the known video.")
    src_end_time: Integer = sample("42", about="End of the part in the known video.")


class AudioLikeness(Element):
    """How much the sound resembles that of a known video."""

    similar: Integer = sample("88", about="How much; CI does not document the scale.")


class Detection(Element):
    """A known video that the video resembles."""

    video_id: Text = sample("1679091c5a880faf6fb5e6087eb1b2dc", about="The known video's id in the collection.")
    similar: Integer = sample("91", about="How much it resembles; CI does not document the scale.")
    similar_duration: Integer = sample("12", about="How long they are alike, in the unit of `Duration`.")
    duration: Integer = sample("62", about="How long the known video is; CI does not document the unit.")
    match_detail: ListOf[MatchDetail] = many("The parts that are alike.")
    audio: ListOf[AudioLikeness] = many(
        about="How much the sound resembles; one in the Go SDK, several in the Java SDK."
    )


class DnaResult(Element):
    """Result of the fingerprint."""

    video_id: Text = sample("c4ca4238a0b923820dcc509a6f75849b", about="The video's id in the collection.")
    duration: Integer = sample("62", about="How long the video is; CI does not document the unit.")
    detection: ListOf[Detection] = many(
        about="The known videos it resembles; one in the Go SDK, several in the Java SDK."
    )


class DNA(Operation):
    """视频 DNA. https://cloud.tencent.com/document/product/460/96115.

    No callback body is published; fields as in the Go and Java SDKs, which spell the result's name differently: one of
    the two is sent.
    """

    dna_config: DnaConfig | None = part("Purpose of the fingerprint.")
    dna_result: DnaResult | None = part("The result, in the Go SDK's spelling.")
    dna_result_upper: DnaResult | None = sample(alias="DNAResult", about="The result, in the Java SDK's spelling.")
