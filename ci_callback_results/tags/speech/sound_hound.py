"""Song recognition."""

from __future__ import annotations

from ci_callback_results.fields import Element, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation


class Song(Element):
    """One song found."""

    inlier: Number = sample(
        "0.98",
        "0.71",
        about="The confidence, unscaled. For the same song CI's published XML has 0.98 and its published JSON 98:"
        " compare values of one format only.",
    )
    singer_name: Text = sample("周杰伦", "邓丽君", about="The singer.")
    song_name: Text = sample("青花瓷", "月亮代表我的心", about="The song's title.")


class SoundHoundResult(Element):
    """The findings."""

    song_list: ListOf[Song] = many("The songs; absent if none was found.")


class SoundHound(Operation):
    """听歌识曲. https://cloud.tencent.com/document/product/460/84956."""

    sound_hound_result: SoundHoundResult | None = part("The findings.")
