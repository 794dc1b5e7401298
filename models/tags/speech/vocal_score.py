"""Scores for singing."""

from __future__ import annotations

from models.fields import Element, ListOf, Number, Text, many, sample
from models.job import Operation


class VocalScoreParameters(Element):
    """The reference."""

    standard_object: Text = sample("in/original.mp3")
    """The key of the original song, in the same bucket."""
    standard_url: Text = None
    """The URL of the original song, in place of a key."""


class SentenceScore(Element):
    """One line's mark."""

    start_time: Number = sample("12.48")
    """Start of the line, in seconds."""
    end_time: Number = sample("16.2")
    """End of the line, in seconds."""
    score: Number = sample("83.5")
    """The line's mark."""


class Score(Element):
    """Marks in one respect."""

    total_score: Number = sample("83.5")
    """The mark for the whole song."""
    sentence_scores: ListOf[SentenceScore] = many()
    """The marks line by line."""


class VocalScoreResult(Element):
    """The marks."""

    pitch_score: Score | None = None
    """How well the pitch was met."""
    rhythem_score: Score | None = None
    """How well the rhythm was met (CI's spelling)."""


class VocalScore(Operation):
    """音乐评分. https://cloud.tencent.com/document/product/436/98022."""

    vocal_score: VocalScoreParameters | None = None
    """The reference."""
    vocal_score_result: VocalScoreResult | None = None
    """The marks."""
