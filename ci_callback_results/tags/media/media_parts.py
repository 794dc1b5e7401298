"""Elements of many results: the files a job wrote, and properties of a medium.

The files: https://cloud.tencent.com/document/product/460/84790, the medium:
https://www.tencentcloud.com/document/product/436/46915.
"""

from __future__ import annotations

from ci_callback_results.fields import Element, Integer, ListOf, Number, Text, many, part, sample


class Md5Info(Element):
    """One file's checksum."""

    md5: Text = sample("9e107d9d372bb6826bd81d3542a419d6", about="The file's MD5, in hexadecimal.")
    object_name: Text = sample("out/sample.mp4", about="The file's key, without the prefix.")


class Place(Element):
    """Location of files. A file's key is `ObjectPrefix` and one `ObjectName` put together."""

    bucket: Text = sample("media-1250000000", about="The bucket they are in, as name-APPID.")
    region: Text = sample("ap-guangzhou", about="Its region.")
    object_prefix: Text = part("Key prefix of all files; absent if the names are whole keys.")
    object_name: ListOf[Text] = sample(
        "out/sample.mp4",
        about="The files' keys, without the prefix; some Tags begin them with a `/` that the stored key does not have.",
    )


class Files(Place):
    """The files a job wrote."""

    md5_info: ListOf[Md5Info] = many("The files' checksums.")


class MediaResult(Element):
    """The files a job wrote."""

    output_file: Files | None = part("Their location.")


class Format(Element):
    """Properties of a medium as a whole."""

    format_name: Text = sample("mov,mp4,m4a,3gp,3g2,mj2", about="The names of its container format.")
    format_long_name: Text = sample("QuickTime / MOV", about="The container format in words.")
    num_stream: Integer = sample("2", about="Number of streams.")
    num_program: Integer = sample("0", about="Number of programs.")
    start_time: Number = sample("0.000000", about="Its start, in seconds.")
    duration: Number = sample("62.480000", about="How long it is, in seconds.")
    bitrate: Number = sample(
        "1260.500000", about="Its bit rate: in kbit/s as documented, but in bit/s in some published callbacks."
    )
    size: Integer = sample("9844531", about="Its size in bytes.")


class AudioStream(Element):
    """One audio stream."""

    index: Integer = sample("1", about="The stream's number in the medium.")
    codec_name: Text = sample("aac", about="The codec.")
    codec_long_name: Text = sample("AAC (Advanced Audio Coding)", about="The codec in words.")
    codec_time_base: Text = sample("1/44100", about="The codec's time base, a fraction of a second.")
    codec_tag_string: Text = sample("mp4a", about="The codec's tag, as four characters.")
    codec_tag: Text = sample("0x6134706d", about="The codec's tag, in hexadecimal.")
    sample_fmt: Text = sample("fltp", about="The format of a sample.")
    sample_rate: Integer = sample("44100", about="The sample rate in Hz.")
    channel: Integer = sample("2", about="Number of channels.")
    channel_layout: Text = sample("stereo", about="How the channels are laid out.")
    timebase: Text = sample("1/44100", about="The stream's time base, a fraction of a second.")
    start_time: Number = sample("0.000000", about="Start of the stream, in seconds.")
    duration: Number = sample("62.461678", about="How long it is, in seconds.")
    bitrate: Number = sample(
        "128.070000", about="Its bit rate: in kbit/s as documented, but in bit/s in some published callbacks."
    )
    language: Text = sample("und", about="Its language; `und` if unknown.")


class VideoStream(Element):
    """One video stream."""

    index: Integer = sample("0", about="The stream's number in the medium.")
    codec_name: Text = sample("h264", about="The codec.")
    codec_long_name: Text = sample("H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10", about="The codec in words.")
    codec_time_base: Text = sample("1/50", about="The codec's time base, a fraction of a second.")
    codec_tag_string: Text = sample("avc1", about="The codec's tag, as four characters.")
    codec_tag: Text = sample("0x31637661", about="The codec's tag, in hexadecimal.")
    profile: Text = sample("High", about="The codec's profile.")
    level: Number = sample("31", about="The codec's level.")
    width: Integer = sample("1280", about="The width in pixels.")
    height: Integer = sample("720", about="The height in pixels.")
    rotation: Number = sample("0.000000", about="How a player has to turn the picture, in degrees.")
    has_b_frame: Integer = sample("2", about="Maximal number of consecutive B frames.")
    ref_frames: Integer = sample("1", about="Maximal number of reference frames.")
    sar: Text = sample("1:1", about="The aspect ratio of a sample.")
    dar: Text = sample("16:9", about="The aspect ratio of the picture.")
    pix_format: Text = sample("yuv420p", about="The format of a pixel.")
    field_order: Text = sample("progressive", about="The order of the fields of interlaced video.")
    color_primaries: Text = sample("bt709", about="The color primaries.")
    color_range: Text = sample("tv", about="The color range: `tv` or `pc`.")
    color_transfer: Text = sample("bt709", about="The color transfer function.")
    fps: Number = sample(
        "25.000000", about="The frame rate in frames per second; a fraction such as `50/1` stays a text."
    )
    avg_fps: Number = sample("25.000000", about="The average frame rate in frames per second; a fraction stays a text.")
    num_frames: Integer = sample("1562", about="Number of frames.")
    timebase: Text = sample("1/12800", about="The stream's time base, a fraction of a second.")
    start_time: Number = sample("0.000000", about="Start of the stream, in seconds.")
    duration: Number = sample("62.480000", about="How long it is, in seconds.")
    bitrate: Number = sample(
        "1130.200000", about="Its bit rate: in kbit/s as documented, but in bit/s in some published callbacks."
    )
    language: Text = sample("und", about="Its language; `und` if unknown.")


class SubtitleStream(Element):
    """One stream of subtitles."""

    index: Integer = sample("2", about="The stream's number in the medium.")
    language: Text = sample("chi", about="Its language; `und` if unknown.")


class Streams(Element):
    """A medium's streams."""

    video: ListOf[VideoStream] = many("The video streams.")
    audio: ListOf[AudioStream] = many("The audio streams.")
    subtitle: ListOf[SubtitleStream] = many("The streams of subtitles.")


class MediaInfo(Element):
    """Properties of a medium."""

    format: Format | None = part("The medium as a whole.")
    stream: Streams | None = part("Its streams.")


class Known(Element):
    """Properties of the medium that a job read or wrote."""

    media_info: MediaInfo | None = part("Properties of the medium; empty for pictures.")


class MediaOutcome(Known):
    """The output files of most media jobs, and the properties of their medium."""

    media_result: MediaResult | None = part("The files the job wrote.")
