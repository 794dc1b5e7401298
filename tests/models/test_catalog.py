"""Models as written: their fields, names and errors."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, Time, many, part, sample
from ci_callback_results.job import Job, Operation, Result
from models import catalog, introspect
from models.errors import ModelError
from models.generate.shapes import shape_of


class Piece(Element):
    """One piece."""

    LEADING = ("Name", "Gone")

    size: Integer = sample("7", about="Its size.")
    name: Text = sample("a", "b", about="Its name.")


class Made(Operation):
    """样例 (a sample). https://example.com/made. A note. Another."""

    piece: Piece | None = part("One.")
    pieces: ListOf[Piece] = many("Several.")
    either: Piece | ListOf[Piece] | None = part("One or several.")
    names: ListOf[Text] = sample("x", "y", "z", alias="NAMES", about="Texts.")
    is_on: Flag = sample("true", about="A flag.")
    weight: Number = sample("0.5", about="A number.")
    at: Time = sample("2024-05-06 07:08:09+0800", about="A time.")
    raw: Any = part("Untyped.")


class Renamed(Made):
    """A Tag with another name than its class."""

    TAG: ClassVar[str] = "Other"


class _Base(Made):
    """A base class."""


class MadeAgain(Operation):
    """A second class of the same Tag."""

    TAG: ClassVar[str] = "Made"


def test_model_becomes_a_shape() -> None:
    """Leaves by kind, lists in brackets, elements as tables with their leading names; one or several is an element."""
    piece = {None: ("Name",), "Size": "integer", "Name": "text"}
    assert shape_of(Made) == {
        **shape_of(Operation),
        "Piece": piece,
        "Pieces": [piece],
        "Either": piece,
        "NAMES": ["text"],
        "IsOn": "flag",
        "Weight": "number",
        "At": "time",
    }


def test_docstring_has_name_page_and_notes() -> None:
    """The first sentence is CI's name, a URL its page, the rest notes."""
    (entry,) = catalog.collect([Made, Operation, Job, Result, Element, Piece]).values()
    assert (entry.tag, entry.title, entry.page) == ("Made", "样例 (a sample)", "https://example.com/made")
    assert (entry.notes, entry.source, entry.api) == ("A note. Another.", "tests/models/test_catalog.py", "jobs")


def test_two_models_of_one_tag_are_refused() -> None:
    """TAG overrides the class's name, and base classes are no Tags."""
    assert list(catalog.collect([Renamed, _Base, Made])) == ["Made", "Other"]
    with pytest.raises(ModelError, match="both describe the Tag Made"):
        catalog.collect([Made, MadeAgain])


def test_find_returns_the_entry_of_the_catalog() -> None:
    """Also a Tag with another name than its class."""
    entries = catalog.catalog()
    assert {tag: catalog.find(tag) for tag in entries} == entries
    assert catalog.find("Unknown") is None


@pytest.mark.parametrize(
    ("annotation", "complaint"),
    [(ListOf[ListOf[Text]], "a list of lists"), (bytes, "types of ci_callback_results/fields.py")],
)
def test_field_of_an_unknown_type_is_refused(annotation: Any, complaint: str) -> None:
    """The error names the field."""
    bad = type("Bad", (Element,), {"__annotations__": {"field": annotation}, "field": None})
    with pytest.raises(ModelError, match=rf"Bad\.field is .*{complaint}"):
        introspect.parts(bad)


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("SoundHound", "sound_hound"),
        ("DNA", "dna"),
        ("ImageOCR", "image_ocr"),
        ("DocAIGCMetadata", "doc_aigc_metadata"),
    ],
)
def test_module_name_is_the_tag_in_snake_case(name: str, snake: str) -> None:
    """Acronyms are one word."""
    assert catalog.snake(name) == snake
