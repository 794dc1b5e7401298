"""Scores for singing."""

from __future__ import annotations

from ci_callback_results.fields import Element, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation


class VocalScoreParameters(Element):
    """The reference."""

    standard_object: Text = sample("in/original.mp3", about="The key of the original song, in the same bucket.")
    standard_url: Text = part("The URL of the original song, in place of a key.")


class SentenceScore(Element):
    """One line's mark."""

    start_time: Number = sample("12.48", about="Start of the line, in seconds.")
    end_time: Number = sample("16.2", about="End of the line, in seconds.")
    score: Number = sample("83.5", about="The line's mark.")


class Score(Element):
    """Marks in one respect."""

    total_score: Number = sample("83.5", about="The mark for the whole song.")
    sentence_scores: ListOf[SentenceScore] = many("The marks line by line.")


class VocalScoreResult(Element):
    """The marks."""

    pitch_score: Score | None = part("How well the pitch was met.")
    rhythem_score: Score | None = part("How well the rhythm was met (CI's spelling).")


class VocalScore(Operation):
    """音乐评分. https://cloud.tencent.com/document/product/436/98022."""

    vocal_score: VocalScoreParameters | None = part("The reference.")
    vocal_score_result: VocalScoreResult | None = part("The marks.")
