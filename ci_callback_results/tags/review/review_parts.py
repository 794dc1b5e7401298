"""Elements of all review results: findings by scene (porn, ads, …) with their position."""

from __future__ import annotations

from ci_callback_results.fields import Element, Integer, ListOf, Number, Text, many, part, sample


class Location(Element):
    """Position in the picture."""

    x: Number = sample("96.5", about="Its left edge, in pixels from the left.")
    y: Number = sample("310", about="Its upper edge, in pixels from the top.")
    width: Number = sample("248", about="Its width in pixels.")
    height: Number = sample("42.5", about="Its height in pixels.")
    rotate: Number = sample("0", about="How it is turned, in degrees counterclockwise, 0 to 360.")


class OcrResult(Element):
    """Text in a picture."""

    text: Text = sample("扫码领取优惠券", about="Its text.")
    keywords: ListOf[Text] = sample("扫码", "优惠券", about="The keywords found in it.")
    sub_label: Text = part("The kind of finding.")
    location: Location | None = part("Its position.")


class Position(Element):
    """Part of a text."""

    start: Integer = sample("0", about="Its start, in characters.")
    end: Integer = sample("2", about="Its end, in characters.")


class HitInfo(Element):
    """A hit in a text; as in the Go and Java SDKs."""

    type: Text = sample("Keyword", about="The kind of hit.")
    keywords: Text = sample("扫码", "优惠券", about="The keyword.")
    keyword: Text = part("The same, under another name.")
    lib_name: Text = sample("my_keywords", about="The library of keywords.")
    positions: ListOf[Position] = many("The positions in the text.")


class OcrHitInfo(Element):
    """A text in a picture and its hits; as in the Java SDK."""

    text: Text = sample("扫码领取优惠券", about="The text.")
    hit_infos: ListOf[HitInfo] = many("The hits.")


class SentimentDetail(Element):
    """Both sentiments."""

    positive: Integer = sample("12", about="The score of the positive sentiment, 0 to 100.")
    negative: Integer = sample("88", about="The score of the negative sentiment, 0 to 100.")


class SentimentAnalysis(Element):
    """The sentiment of a section; as in the Java SDK."""

    label: Text = sample("Negative", about="The sentiment.")
    score: Integer = sample("88", about="The confidence, 0 to 100.")
    detail: SentimentDetail | None = part("Both sentiments.")


class ObjectResult(Element):
    """A thing or person in a picture."""

    name: Text = sample("QRCode", about="Its name.")
    sub_label: Text = part("The kind of finding.")
    location: Location | None = part("Its position.")


class LibResult(Element):
    """A hit in a library of pictures or keywords."""

    image_id: Text = sample("sample-0042", about="The library's picture, for a library of pictures.")
    score: Integer = sample("93", about="The similarity, 0 to 100.")
    lib_type: Integer = sample("2", about="The kind of library of keywords: 1 CI's own, 2 one's own.")
    lib_name: Text = sample("my_keywords", about="Its name.")
    keywords: ListOf[Text] = sample("扫码", "优惠券", about="The keywords of it that were found.")


class SoundLabel(Element):
    """A language, a speaker or a sound that was recognised."""

    label: Text = sample("Mandarin", about="The recognition result.")
    score: Integer = sample("97", about="The confidence, 0 to 100.")
    start_time: Integer = sample("0", about="Its start, in milliseconds.")
    end_time: Integer = sample("8400", about="Its end, in milliseconds.")


class Scene(Element):
    """The result of one scene."""

    hit_flag: Integer = sample("2", about="0 nothing, 1 a violation, 2 something suspicious.")
    score: Integer = sample("72", about="The confidence, 0 to 100.")
    count: Integer = sample(
        "1", about="Number of the parts (snapshots, sections) affected, if the scene has a summary."
    )
    sub_label: Text = part("The narrower kind of finding.")
    code: Integer = part("0, or the number of an error in this scene; not the review's Code.")


class Verdict(Scene):
    """The result of one scene of a picture, video or sound."""

    label: Text = part("The finding: a SubLabel, a keyword, a name.")
    category: Text = part("The kind of finding, such as `Sexy`.")
    msg: Text = part("`OK`, or an error of this scene in words.")


class PictureVerdict(Verdict):
    """The result of one scene of a picture."""

    ocr_results: ListOf[OcrResult] = many("The texts in the picture.")
    object_results: ListOf[ObjectResult] = many("The things and persons in it.")
    lib_results: ListOf[LibResult] = many("The hits in libraries.")


class SoundVerdict(Verdict):
    """The result of one scene of a sound."""

    keywords: ListOf[Text] = sample("扫码", "优惠券", about="The keywords heard.")
    lib_results: ListOf[LibResult] = many("The hits in libraries.")
    speaker_results: ListOf[SoundLabel] = many("The speakers recognised.")
    recognition_results: ListOf[SoundLabel] = many("The sounds recognised.")


class TextVerdict(Scene):
    """The result of one scene of a text."""

    keywords: Text = sample("扫码,优惠券", about="The keywords found, joined by commas.")
    hit_infos: ListOf[HitInfo] = many("The hits with their positions.")
    lib_results: ListOf[LibResult] = many("The hits in libraries.")


class Totals(Element):
    """The scenes, each summed up over all parts."""

    porn_info: Verdict | None = part("The result for porn.")
    ads_info: Verdict | None = part("The result for advertising.")
    politics_info: Verdict | None = part("The result for politics.")
    terrorism_info: Verdict | None = part("The result for terrorism.")


class PictureScenes(Element):
    """The scenes of a picture."""

    porn_info: PictureVerdict | None = part("The result for porn.")
    ads_info: PictureVerdict | None = part("The result for advertising.")
    politics_info: PictureVerdict | None = part("The result for politics.")
    terrorism_info: PictureVerdict | None = part("The result for terrorism.")


class SoundScenes(Element):
    """The scenes of a sound."""

    porn_info: SoundVerdict | None = part("The result for porn.")
    ads_info: SoundVerdict | None = part("The result for advertising.")
    politics_info: SoundVerdict | None = part("The result for politics.")
    terrorism_info: SoundVerdict | None = part("The result for terrorism.")
    teenager_info: SoundVerdict | None = part("The result for content unfit for minors.")


class TextScenes(Element):
    """The scenes of a text."""

    porn_info: TextVerdict | None = part("The result for porn.")
    ads_info: TextVerdict | None = part("The result for advertising.")
    illegal_info: TextVerdict | None = part("The result for crime.")
    abuse_info: TextVerdict | None = part("The result for abuse.")
    politics_info: TextVerdict | None = part("The result for politics.")
    terrorism_info: TextVerdict | None = part("The result for terrorism.")


class SoundSection(SoundScenes):
    """One section of a sound."""

    url: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/review/section-0.mp3",
        about="Its URL, valid for two hours.",
    )
    text: Text = sample("扫码领取优惠券", about="The spoken text.")
    offset_time: Integer = sample(
        "0",
        about="Its start, in milliseconds from the beginning; in a live stream the moment, in milliseconds since 1970.",
    )
    duration: Integer = sample("8400", about="How long it is, in milliseconds.")
    label: Text = sample("Ads", about="The most severe finding: `Normal`, `Porn`, `Ads` and others.")
    sub_label: Text = part("The narrower kind of finding.")
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    language_results: ListOf[SoundLabel] = many("The languages recognised.")
    sentiment_analysis: SentimentAnalysis | None = part("The sentiment.")
