"""Review of documents: each page as a picture."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Result
from ci_callback_results.tags.review.review import Reviewed
from ci_callback_results.tags.review.review_parts import PictureScenes, Totals


class DocumentPicture(PictureScenes):
    """One picture of the document."""

    url: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/review/page-1.jpg",
        about="Its URL, valid for two hours.",
    )
    text: Text = sample("扫码领取优惠券", about="The text in it, if the policy includes it.")
    page_number: Integer = sample("1", about="Its page.")
    sheet_number: Integer = sample("0", about="Its sheet, in a spreadsheet.")
    label: Text = sample("Ads", about="The most severe finding: `Normal`, `Porn`, `Ads` and others.")
    suggestion: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")


class PageSegment(Element):
    """The pictures of the document."""

    results: ListOf[DocumentPicture] = many("The pictures.")


class ReviewDocument(Reviewed, Result):
    """文档审核. https://cloud.tencent.com/document/product/436/59382.

    EventName is `ReviewDocument`; there is no Simple form. `Suggestion` is 0 normal, 1 block, 2 review.
    """

    API: ClassVar[str] = "document/auditing"

    event_name: Text = sample("ReviewDocument", about="`ReviewDocument`.")
    job_id: Text = sample("sd1f0c7d2e17b011ef8a5525400c540df", about="The review's id.")
    object: Text = sample("in/sample.docx", about="The document's key, if a key was reviewed.")
    suggestion: Integer = sample("2", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    page_count: Integer = sample("1", about="Number of pictures made from the document.")
    labels: Totals | None = part("The findings by scene.")
    page_segment: PageSegment | None = part("The findings by picture.")
