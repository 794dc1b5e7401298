"""SoundHound (听歌识曲): which song an audio file holds. https://cloud.tencent.com/document/product/460/84956."""

from __future__ import annotations

from pydantic import Field

from ci_callback.fields import ListOf, Model, Number


class Song(Model):
    """One song found.

    `inlier` is how sure CI is. The published XML sample says 0.98 and the published JSON sample 98 for the same song;
    the number is kept as it came, not rescaled.
    """

    inlier: Number | None = None
    singer_name: str | None = None
    song_name: str | None = None


class SoundHoundResult(Model):
    """What was found; no song at all is an empty list."""

    song_list: ListOf[Song] = Field(default_factory=list)


RESULTS: dict[str, type[Model]] = {"SoundHoundResult": SoundHoundResult}
