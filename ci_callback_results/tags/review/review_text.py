"""Text review."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Result
from ci_callback_results.tags.review.review import Reviewed, SimpleReview
from ci_callback_results.tags.review.review_parts import SentimentAnalysis, TextScenes, TextVerdict


class PlainTextScenes(TextScenes):
    """The scenes of a text that is no web page's."""

    value_info: TextVerdict | None = part("The result for bad values (不良价值观).")
    spam_info: TextVerdict | None = part("The result for spam.")
    meaningless_info: TextVerdict | None = part("The result for meaningless text; as in the Java SDK.")


class TextSection(PlainTextScenes):
    """One section of a text: 10,000 characters."""

    start_byte: Integer = sample("0", about="Its start, in characters from the text's beginning, which is 0.")
    label: Text = sample(
        "Ads", about="The most severe finding: `Normal`, `Porn`, `Ads`, `Illegal`, `Abuse` and others."
    )
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    sentiment_analysis: SentimentAnalysis | None = part("The sentiment.")


class ReviewText(PlainTextScenes, Reviewed, Result):
    """文本审核. https://www.tencentcloud.com/document/product/1045/48479.

    EventName is `ReviewText`. `Result` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "text/auditing"

    event_name: Text = sample("ReviewText", about="`ReviewText`.")
    job_id: Text = sample(
        "st1f0c7d2e17b011ef8a5525400c540df", about="The review's id; in the Simple form its `trace_id`."
    )
    object: Text = sample("in/sample.txt", about="The text's key, if a key was reviewed.")
    content: Text = part("The text in Base64, if a text was reviewed.")
    result: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    score: Integer = sample("72", about="The confidence, 0 to 100.")
    context_text: Text = part("The context that the text was reviewed in; as in the Go SDK.")
    section_count: Integer = sample("1", about="Number of sections.")
    section: ListOf[TextSection] = many("The sections.")
    data: SimpleReview | None = sample(
        alias="data", about="The Simple form, if CI sends it: the only field besides the first six."
    )
