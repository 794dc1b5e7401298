"""Which song an audio file holds."""

from __future__ import annotations

from models.fields import Element, ListOf, Number, Text, many, sample
from models.job import Operation


class Song(Element):
    """One song found."""

    inlier: Number = sample("0.98", "0.71")
    """How sure CI is. Its published XML says 0.98 and its published JSON 98 for the same song: the number is kept as
    sent, so compare only within one format."""
    singer_name: Text = sample("周杰伦", "邓丽君")
    """The singer."""
    song_name: Text = sample("青花瓷", "月亮代表我的心")
    """The song's title."""


class SoundHoundResult(Element):
    """What was found."""

    song_list: ListOf[Song] = many()
    """The songs, absent when none was found."""


class SoundHound(Operation):
    """听歌识曲. https://cloud.tencent.com/document/product/460/84956."""

    sound_hound_result: SoundHoundResult | None = None
    """What was found."""
