"""The words of docs/results.md, so that a translation can have others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ci_callback import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Words:
    """What the generated part of a page says in its language: headings, columns, types, and what the models say."""

    page: str
    jobs: str
    others: str
    every_job: str
    tag_columns: str
    field_columns: str
    types: Mapping[str, str]
    object: str
    as_it_comes: str
    several: str  # of a type
    about: Callable[[str], str]  # from what a family of Tags says of itself in English
    meaning: Callable[[str], str]  # from what a field does


ENGLISH = Words(
    page="docs/results.md",
    jobs="Jobs",
    others="Other results",
    every_job="What every job has",
    tag_columns="| Tag | CI calls it | |",
    field_columns="| field | type | |",
    types={
        shape.TEXT: "text",
        shape.INTEGER: "integer",
        shape.NUMBER: "number",
        shape.FLAG: "flag",
        shape.TIME: "time",
    },
    object="object",
    as_it_comes="as it comes",
    several="list of {}s",
    about=str,
    meaning=str,
)
