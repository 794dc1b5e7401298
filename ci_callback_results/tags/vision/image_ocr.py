"""Text recognition in pictures."""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation


class ImageOcrParameters(Element):
    """Recognition parameters."""

    type: Text = sample(
        "general", about="The kind of recognition, such as `general`, `accurate`, `efficient`, `fast` or `handwriting`."
    )
    language_type: Text = sample("zh", about="The language expected.")
    is_pdf: Flag = sample("false", about="Whether the object is a PDF.")
    pdf_page_number: Integer = part("The page of the PDF to read, counted from 1.")
    is_word: Flag = sample("true", about="Whether to include single characters.")
    enable_word_polygon: Flag = sample("false", about="Whether to include the positions of words.")


class Point(Element):
    """A point in the picture."""

    x: Integer = sample("120", about="Pixels from the left.")
    y: Integer = sample("48", about="Pixels from the top.")


class ItemPolygon(Element):
    """The line's upright rectangle, once the picture is turned straight."""

    x: Integer = sample("120", about="Its left edge, in pixels from the left.")
    y: Integer = sample("48", about="Its upper edge, in pixels from the top.")
    width: Integer = sample("260", about="Its width in pixels.")
    height: Integer = sample("36", about="Its height in pixels.")


class WordCoordPoint(Element):
    """Position of one character."""

    word_coordinate: ListOf[Point] = many("Its corners.")


class Character(Element):
    """One character."""

    confidence: Integer = sample("99", about="The confidence, 0 to 100.")
    character: Text = sample("出", about="The character.")
    word_coord_point: ListOf[WordCoordPoint] = many("Its position.")


class WordPolygon(Element):
    """Position of one word."""

    left_top: ListOf[Point] = many("Its upper left corner.")
    right_top: ListOf[Point] = many("Its upper right corner.")
    right_bottom: ListOf[Point] = many("Its lower right corner.")
    left_bottom: ListOf[Point] = many("Its lower left corner.")


class TextDetection(Element):
    """One line of text."""

    detected_text: Text = sample("出口", about="Its text.")
    confidence: Integer = sample("98", about="The confidence, 0 to 100.")
    polygon: ListOf[Point] = many("Its four corners.")
    item_polygon: ListOf[ItemPolygon] = many("Its rectangle, once the picture is turned straight.")
    words: ListOf[Character] = many("Its characters, if requested.")
    word_polygon: ListOf[WordPolygon] = many("Positions of its words, if requested.")


class Detection(Element):
    """How the recognition went and what it found."""

    state: Text = sample("Success", about="How the recognition of this picture went; not the job's State.")
    code: Text = sample("Success", about="`Success`, or the error's code; not the job's.")
    message: Text = part("The error in words; not the job's.")
    input_object_name: Text = sample("in/sample.jpg", about="The picture's key.")
    input_object_url: Text = part("The picture's URL.")
    object_name: Text = part("The key of the file written, if one was.")
    object_url: Text = part("Its URL.")
    text_detections: ListOf[TextDetection] = many("The lines of text.")
    language: Text = sample("zh", about="The language recognised.")
    angel: Number = sample("0.35", about="The angle by which the text is turned, in degrees (CI's spelling).")
    pdf_page_size: Integer = sample("0", about="Number of pages of the PDF; 0 for a picture.")


class ImageOCR(Operation):
    """通用文字识别.

    No callback body is published; fields as in the Go SDK. A workflow has the same in its task's
    `ResultInfo.ObjectInfo.ImageOcrResult`.
    """

    image_ocr: ImageOcrParameters | None = sample(alias="ImageOCR", about="Recognition parameters.")
    detection: Detection | None = part("How the recognition went and what it found.")
