"""Documents: previews, watermarks, AI labels."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Secret, Text, many, part, sample
from ci_callback_results.job import Operation


class WatermarkParameters(Element):
    """A picture on every page, as in the Go SDK."""

    src_type: Text = sample("pdf", about="The document's format.")
    type: Text = sample("1", about="The kind of watermark, as a number defined by CI.")
    image: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/logo.png", about="The picture's URL."
    )
    dx: Number = sample("10", about="The horizontal offset.")
    dy: Number = sample("10", about="The vertical offset.")
    batch: Flag = part("`1` if the picture is repeated over the page.")
    horizontal_spacing: Number = part("The horizontal distance of repeated pictures, in pixels.")
    vertical_spacing: Number = part("The vertical distance of repeated pictures, in pixels.")


class DocProcessParameters(Element):
    """The conversion."""

    src_type: Text = sample("docx", about="The document's format; absent if given by its suffix.")
    tgt_type: Text = sample("png", about="The format to make: `png`, `jpg` or `pdf`.")
    start_page: Integer = sample("1", about="The first page.")
    end_page: Integer = sample("-1", about="The last page; -1 for all.")
    sheet_id: Integer = sample("0", about="The sheet of a spreadsheet; 0 for all.")
    image_params: Text = sample("imageMogr2/cut/400x400", about="Picture processing rule for each picture.")
    quality: Integer = sample("100", about="The pictures' quality, 1 to 100.")
    zoom: Integer = sample("100", about="The scale in per cent, 10 to 200.")
    image_dpi: Integer = sample("96", about="The pictures' resolution in dots per inch, 96 to 600.")
    doc_password: Secret = part("The password of an Office document, in clear; left out of the result.")
    comments: Integer = sample("0", about="Comments: 0 hidden, 1 shown.")
    paper_direction: Integer = sample("0", about="Paper orientation of a spreadsheet: 0 portrait, 1 landscape.")
    paper_size: Integer = sample("0", about="The size of a spreadsheet's paper; 0 for A4.")
    pic_pagination: Integer = sample("0", about="Pagination of a spreadsheet's sheet, as a number defined by CI.")
    doc_watermark: WatermarkParameters | None = part("The watermark.")


class Page(Element):
    """One picture made."""

    page_no: Integer = sample("1", about="The page it shows, counted from 1.")
    tgt_uri: Text = sample("out/page-1.png", about="Its key.")
    x_sheet_pics: Integer = sample("1", alias="X-SheetPics", about="Number of pictures; for spreadsheets.")
    pic_index: Integer = sample("1", about="The picture's number in its sheet; for spreadsheets.")
    pic_num: Integer = sample("1", about="Number of pictures with it; for spreadsheets.")


class WatermarkInfo(Element):
    """The document with watermark, as in the Java SDK."""

    size: Integer = sample("204800", about="Its size in bytes.")
    etag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"', about="Its ETag.")
    page: Integer = part("Number of pages.")


class DocProcessResult(Element):
    """The pictures made."""

    total_page_count: Integer = sample("1", about="Number of pages.")
    succ_page_count: Integer = sample("1", about="Number of them made.")
    fail_page_count: Integer = sample("0", about="Number of pages that failed.")
    total_sheet_count: Integer = sample("0", about="Number of sheets.")
    task_id: Text = part("CI's own id of the work.")
    tgt_type: Text = sample("png", about="The format made.")
    page_info: ListOf[Page] = many("The pictures, in order.")
    watermark_info: WatermarkInfo | None = part("The document with watermark.")


class DocProcess(Operation):
    """文档转码. https://cloud.tencent.com/document/api/1545/65203.

    `Input` names only the object, and `Output.Object` keeps its `${Page}` or `${Number}`: the keys are in `PageInfo`.
    """

    API: ClassVar[str] = "doc_jobs"

    doc_process: DocProcessParameters | None = part("The conversion.")
    doc_process_result: DocProcessResult | None = part("The pictures made.")


class DocWatermarkResult(Element):
    """The document written."""

    size: Integer = sample("204800", about="Its size in bytes.")
    total_page_count: Integer = sample("12", about="Number of pages.")
    etag: Text = sample('"5f4dcc3b5aa765d61d8327deb882cf99"', about="Its ETag.")


class DocWatermark(Operation):
    """文档水印.

    No callback body is published; fields as in the Go SDK.
    """

    API: ClassVar[str] = "doc_jobs"

    doc_watermark: WatermarkParameters | None = part("The watermark.")
    doc_watermark_result: DocWatermarkResult | None = part("The document written.")


class AigcMetadata(Element):
    """The AI label."""

    label: Text = sample("1", about="AI content: 1 confirmed, 2 possible, 3 suspected.")
    content_producer: Text = sample("studio-0001", about="The maker.")
    produce_id: Text = sample("draft-2025-000017", alias="ProduceID", about="The maker's number.")
    reserved_code1: Text = part("The maker's protection of the label, in Base64.")
    content_propagator: Text = sample("media-0002", about="The distributor.")
    propagate_id: Text = sample("post-2025-000042", alias="PropagateID", about="The distributor's number.")
    reserved_code2: Text = part("The distributor's protection of the label, in Base64.")


class DocAigcMetadataParameters(Element):
    """The label to write."""

    aigc_metadata: AigcMetadata | None = sample(alias="AIGCMetadata", about="The label.")


class DocAIGCMetadata(Operation):
    """文档 AIGC 元数据. https://cloud.tencent.com/document/product/460/123076.

    No callback body is published; fields as in the Java SDK.
    """

    API: ClassVar[str] = "doc_jobs"

    doc_aigc_metadata: DocAigcMetadataParameters | None = sample(alias="DocAIGCMetadata", about="The label to write.")
