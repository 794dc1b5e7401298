"""Content of a video: subjects, people, places, actions and objects, with times."""

from __future__ import annotations

from ci_callback_results.fields import Element, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation


class VideoTagConfig(Element):
    """Analysis parameters."""

    scenario: Text = sample("Stream", about="`Stream` or `ShortVideo`.")
    text: Text = sample("A day at the lake", about="A text that belongs to the video.")


class Label(Element):
    """Something the video, or a part of it, shows. `Tag` is its name, not the job's kind."""

    tag: Text = sample("湖泊", about="Its name.")
    tag_cls: Text = sample("自然/户外", about="The class it belongs to; absent if it is a class itself.")
    confidence: Number = sample("0.81", about="The confidence, from 0 to 1.")


class LevelledLabel(Element):
    """A subject in two levels."""

    first: Text = sample("生活", about="The wider class.")
    second: Text = sample("旅行", about="The narrower class.")
    confidence: Number = sample("0.74", about="The confidence, from 0 to 1.")


class Box(Element):
    """A rectangle, as fractions of the picture's width and height from its top left corner."""

    x1: Number = sample("0.12", about="The left edge, from 0 to 1.")
    y1: Number = sample("0.3", about="The top edge, from 0 to 1.")
    x2: Number = sample("0.45", about="The right edge, from 0 to 1.")
    y2: Number = sample("0.9", about="The bottom edge, from 0 to 1.")


class Sighting(Element):
    """Something seen at one moment."""

    time_stamp: Number = sample("11", about="When, in seconds.")
    name: Text = sample("帆船", about="Its name.")
    confidence: Number = sample("0.86", about="The confidence, from 0 to 1.")
    b_box: ListOf[Box] = many("Position in the picture.")


class PersonTag(Element):
    """Someone the video shows."""

    name: Text = sample("张三", about="The person's name.")
    confidence: Number = sample("0.9", about="The confidence, from 0 to 1.")
    count: Integer = sample("3", about="How often the person appears.")
    detail_per_second: ListOf[Sighting] = many("When and where the person appears.")


class PlaceTag(Element):
    """A part of the video and the place it shows."""

    start_time: Number = sample("0", about="Start of the part, in seconds.")
    end_time: Number = sample("11.04", about="End of the part, in seconds.")
    start_index: Integer = sample("0", about="The number of the part's first frame.")
    end_index: Integer = sample("275", about="The number of the part's last frame.")
    tags: ListOf[Label] = many("The places.")
    clip_frame_result: ListOf[Text] = sample(
        "湖泊:0.81", "天空:0.44", about="Frame by frame the likeliest place and how sure CI is, with a colon between."
    )


class ActionTag(Element):
    """A part of the video and what is done in it."""

    start_time: Number = sample("11.04", about="Start of the part, in seconds.")
    end_time: Number = sample("12.88", about="End of the part, in seconds.")
    tags: ListOf[Label] = many("The actions; absent if there are none.")


class ObjectTag(Element):
    """A moment of the video and the things it shows."""

    time_stamp: Number = sample("11", about="When, in seconds.")
    objects: ListOf[Sighting] = many("The things.")


class VideoTagData(Element):
    """Content of the video."""

    tags: ListOf[Label] = many("Its subjects, and their classes.")
    person_tags: ListOf[PersonTag] = many("The people.")
    place_tags: ListOf[PlaceTag] = many("The places, part by part.")
    action_tags: ListOf[ActionTag] = many("The actions, part by part.")
    object_tags: ListOf[ObjectTag] = many("The things, moment by moment.")
    labels: ListOf[LevelledLabel] = many("Its subjects in two levels; as in the Go SDK.")


class StreamData(Element):
    """Result of the analysis."""

    sub_err_code: Text = sample("0", about="The algorithm's own code: `0` on success.")
    sub_err_msg: Text = sample("ok", about="The algorithm's own message: `ok` on success.")
    data: VideoTagData | None = part("Content of the video.")


class VideoTagResult(Element):
    """The result, by scenario."""

    stream_data: StreamData | None = part("The result in the scenario `Stream`.")


class VideoTag(Operation):
    """视频标签. https://cloud.tencent.com/document/product/436/121052.

    Elements named `Tag` inside are labels, not the job's Tag.
    """

    video_tag: VideoTagConfig | None = part("Analysis parameters.")
    video_tag_result: VideoTagResult | None = part("Content of the video.")
