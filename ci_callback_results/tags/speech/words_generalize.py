"""Word segmentation."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Operation


class WordsGeneralizeParameters(Element):
    """How to cut."""

    ner_method: Text = sample("DL", about="How names are recognised; `DL` by default.")
    seg_method: Text = sample("MIX", about="How coarse the words are; `MIX` by default.")


class Label(Element):
    """A keyword."""

    category: Text = sample("餐饮", about="The word's subject.")
    word: Text = sample("咖啡", about="The word.")


class Token(Element):
    """One word of the text."""

    offset: Integer = sample("2", about="Start of the word, in characters from the text's beginning, which is 0.")
    length: Integer = sample("2", about="Number of characters.")
    pos: Text = sample("n", about="Its part of speech, such as `n` for a noun or `v` for a verb.")
    word: Text = sample("咖啡", about="The word; digits too are a text.")


class WordsGeneralizeResult(Element):
    """The words found."""

    words_generalize_lable: ListOf[Label] = many("The keywords (CI's spelling).")
    words_generalize_token: ListOf[Token] = many("All words, in the text's order.")


class WordsGeneralize(Operation):
    """分词. The page AI 内容识别/分词任务回调 in https://www.tencentcloud.com/document/product/1045.

    CI's published callbacks have no `State`, one of them no `Tag` either.
    """

    API: ClassVar[str] = "ai_jobs"

    words_generalize: WordsGeneralizeParameters | None = part("How to cut.")
    words_generalize_result: WordsGeneralizeResult | None = part("The words found.")
