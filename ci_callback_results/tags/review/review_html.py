"""Review of web pages: their pictures and texts."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Result
from ci_callback_results.tags.review.review import Reviewed
from ci_callback_results.tags.review.review_parts import PictureScenes, TextScenes, Totals, Verdict


class HtmlLabels(Totals):
    """The findings by scene."""

    illegal_info: Verdict | None = part("The result for crime.")
    abuse_info: Verdict | None = part("The result for abuse.")


class HtmlPicture(PictureScenes):
    """One picture of the page."""

    url: Text = sample("https://www.example.com/banner.png", about="Its URL.")
    text: Text = sample("扫码领取优惠券", about="The text in it, if the policy includes it.")
    page_number: Integer = part("Its number; not explained by CI for web pages.")
    sheet_number: Integer = part("Its sheet; not explained by CI for web pages.")
    label: Text = sample("Ads", about="The most severe finding: `Normal`, `Porn`, `Ads` and others.")
    suggestion: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")


class HtmlPictures(Element):
    """The pictures of the page."""

    results: ListOf[HtmlPicture] = many("The pictures.")


class HtmlText(TextScenes):
    """One section of the page's text: 10,000 characters."""

    text: Text = sample("扫码领取优惠券", about="The section.")
    page_number: Integer = part("Its number; not explained by CI for web pages.")
    sheet_number: Integer = part("Its sheet; not explained by CI for web pages.")
    label: Text = sample("Ads", about="The most severe finding: `Normal`, `Porn`, `Ads` and others.")
    suggestion: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    result: Integer = part("The same, by another name.")


class HtmlTexts(Element):
    """The text of the page."""

    results: ListOf[HtmlText] = many("Its sections.")


class ReviewHtml(Reviewed, Result):
    """网页审核. https://www.tencentcloud.com/document/product/1045/52187.

    EventName is `ReviewHtml`; there is no Simple form. `Suggestion` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "webpage/auditing"

    event_name: Text = sample("ReviewHtml", about="`ReviewHtml`.")
    job_id: Text = sample("sh1f0c7d2e17b011ef8a5525400c540df", about="The review's id.")
    url: Text = sample("https://www.example.com/", about="The page's URL.")
    suggestion: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    page_count: Integer = sample("2", about="Number of pictures and sections of text looked at.")
    labels: HtmlLabels | None = part("The findings by scene.")
    image_results: HtmlPictures | None = part("The findings in pictures.")
    text_results: HtmlTexts | None = part("The findings in texts.")
    highlight_html: Text = part("The page with the keywords found marked, if requested.")
