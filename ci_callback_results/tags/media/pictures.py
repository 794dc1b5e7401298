"""Pictures from a video: frames, covers, animations."""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation, Output
from ci_callback_results.tags.media.media_config import Container, TimeInterval
from ci_callback_results.tags.media.media_parts import Known, Place


class PictureMd5(Element):
    """One picture's checksum."""

    md5: Text = sample("e4d909c290d0fb1ca068ffaddf22cbd0", about="The picture's MD5, in hexadecimal.")
    object_name: Text = sample("out/cover-0.jpg", about="The picture's key, without the prefix.")


class Pictures(Place):
    """The pictures a job wrote."""

    object_name: ListOf[Text] = sample(
        "out/cover-0.jpg", "out/cover-1.jpg", about="The pictures' keys, without the prefix."
    )
    md5_info: ListOf[PictureMd5] = many("The pictures' checksums.")


# --- frames -------------------------------------------------------------------------------------------------------


class Sprites(Place):
    """The sprites, each a picture of many frames."""

    object_prefix: Text = sample("out/sprite-", about="Key prefix of all sprites.")
    object_name: ListOf[Text] = sample("0.jpg", about="The sprites' keys, without the prefix.")
    md5_info: ListOf[PictureMd5] = many("The sprites' checksums; empty in published callbacks.")


class Frames(Place):
    """The frames a job wrote."""

    object_prefix: Text = sample("out/frame-", about="Key prefix of all frames.")
    object_name: ListOf[Text] = sample("0.jpg", "1.jpg", about="The frames' keys, without the prefix.")
    md5_info: ListOf[PictureMd5] = many("The frames' checksums; empty in published callbacks.")
    sprite_output_file: Sprites | None = part("The sprites, if requested.")


class SnapshotResult(Element):
    """Output of a snapshot job."""

    output_file: Frames | None = part("The frames.")


class SnapshotOutput(Output):
    """Destination of a snapshot job."""

    object: Text = sample(
        "out/frame-${Number}.jpg", about="The pattern of the frames' keys; a key is in `MediaResult`."
    )
    sprite_object: Text = sample(
        "out/sprite-${Number}.jpg", about="The pattern of the sprites' keys; a key is in `MediaResult`."
    )


class SpriteSnapshotConfig(Element):
    """Layout of a sprite."""

    cell_width: Integer = sample("128", about="The width of one frame in it, in pixels.")
    cell_height: Integer = sample("72", about="The height of one frame in it, in pixels.")
    columns: Integer = sample("10", about="Number of columns.")
    lines: Integer = sample("10", about="Number of rows.")
    padding: Integer = sample("0", about="The space around a frame in pixels.")
    margin: Integer = sample("0", about="The space around the sprite in pixels.")
    color: Text = sample("White", about="The color of the spaces.")
    scale_method: Text = sample("MaxWHScaleAndPad", about="How a frame is made to fit.")


class SnapshotConfig(Element):
    """Selection of frames."""

    mode: Text = sample("Interval", about="`Interval`, `Average` or `KeyFrame`.")
    start: Number = sample("0", about="Start, in seconds.")
    time_interval: Number = sample("5", about="Seconds between frames.")
    count: Integer = sample("2", about="Number of frames taken.")
    width: Integer = sample("1280", about="The width in pixels.")
    height: Integer = sample("720", about="The height in pixels.")
    ci_param: Text = sample("imageMogr2/format/png", alias="CIParam", about="Picture processing rule for each frame.")
    is_check_count: Flag = sample("false", about="Whether a count the video cannot give is treated as an error.")
    is_check_black: Flag = sample("false", about="Whether black frames are left out.")
    black_level: Integer = sample("30", about="From how many per cent of black pixels a frame is black.")
    pixel_black_threshold: Integer = sample("30", about="Up to which value a pixel is black.")
    snapshot_out_mode: Text = sample(
        "SnapshotAndSprite", about="Output: `OnlySnapshot`, `OnlySprite` or `SnapshotAndSprite`."
    )
    sprite_snapshot_config: SpriteSnapshotConfig | None = part("Layout of a sprite.")


class Snapshot(Known, Operation):
    """截帧. https://cloud.tencent.com/document/product/436/85059."""

    snapshot: SnapshotConfig | None = part("Selection of frames; absent if a template is named instead.")
    output: SnapshotOutput | None = part("The patterns of the keys: no keys themselves.")
    media_result: SnapshotResult | None = part("The frames and sprites the job wrote.")


# --- covers -------------------------------------------------------------------------------------------------------


class CoverResult(Element):
    """Output of a cover job."""

    output_file: Pictures | None = part("The covers.")


class CoverOutput(Output):
    """Destination of a cover job."""

    object: Text = sample(
        "out/cover-${Number}.jpg", about="The pattern of the covers' keys; a key is in `MediaResult`."
    )


class SmartCoverConfig(Element):
    """Selection of covers."""

    format: Text = sample("jpg", about="The format: `jpg`, `png` or `webp`.")
    width: Integer = sample("1280", about="The width in pixels.")
    height: Integer = sample("720", about="The height in pixels.")
    count: Integer = sample("2", about="Number of covers made.")
    delete_duplicates: Flag = sample("true", about="Whether similar covers are left out.")


class SmartCover(Known, Operation):
    """智能封面. https://cloud.tencent.com/document/product/436/85070."""

    smart_cover: SmartCoverConfig | None = part("Selection of covers; absent if a template is named instead.")
    output: CoverOutput | None = part("The pattern of the keys: no key itself.")
    media_result: CoverResult | None = part("The covers the job wrote.")


# --- animated pictures --------------------------------------------------------------------------------------------


class AnimationMd5(Element):
    """The animated picture's checksum."""

    md5: Text = sample("b1946ac92492d2347c6235b4d2611184", about="Its MD5, in hexadecimal.")
    object_name: Text = sample("out/sample.gif", about="Its key, without the prefix.")


class AnimationFiles(Place):
    """The animated picture a job wrote."""

    object_name: ListOf[Text] = sample("out/sample.gif", about="The picture's key, without the prefix.")
    md5_info: ListOf[AnimationMd5] = many("The picture's checksum.")


class AnimationResult(Element):
    """Output of an animation job."""

    output_file: AnimationFiles | None = part("The animated picture.")


class AnimationOutput(Output):
    """Destination of an animation job."""

    object: Text = sample("out/sample.gif", about="The animated picture's key.")


class AnimationVideo(Element):
    """How the pictures are animated."""

    codec: Text = sample("gif", about="The codec: `gif` or `webp`.")
    width: Integer = sample("480", about="The width in pixels.")
    height: Integer = sample("270", about="The height in pixels.")
    fps: Number = sample("10", about="The frame rate in frames per second.")
    animate_only_keep_key_frame: Flag = sample("false", about="Whether only key frames are taken.")
    animate_time_interval_of_frame: Number = sample("2", about="Seconds between the frames used.")
    animate_frames_per_second: Integer = sample("5", about="Number of frames of a second taken.")
    quality: Integer = sample("80", about="The quality relative to the original, from 1 to 99.")


class AnimationConfig(Element):
    """Animation parameters."""

    container: Container | None = part("The container format.")
    video: AnimationVideo | None = part("How the pictures are animated.")
    time_interval: TimeInterval | None = part("Part of the video.")


class Animation(Known, Operation):
    """视频转动图. https://cloud.tencent.com/document/product/460/84784."""

    animation: AnimationConfig | None = part("Animation parameters; absent if a template is named instead.")
    output: AnimationOutput | None = part("Destination of the animated picture.")
    media_result: AnimationResult | None = part("The animated picture the job wrote.")
