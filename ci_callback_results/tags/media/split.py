"""Splitting of a medium: other containers, single streams, parts by content."""

from __future__ import annotations

from ci_callback_results.fields import Element, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation, Output
from ci_callback_results.tags.media.media_config import AigcMetadata, HlsEncrypt
from ci_callback_results.tags.media.media_parts import MediaOutcome


class SegmentConfig(Element):
    """Content of the new container."""

    format: Text = sample("mp4", about="The container format, such as `mp4`, `hls` or `aac`.")
    duration: Number = sample("10", about="The length of a piece in seconds; absent if nothing is cut.")
    transcode_index: Integer = sample("0", about="The number of the stream that is taken; absent for all.")
    start_time: Number = sample("0", about="Its start, in seconds.")
    end_time: Number = sample("60", about="Its end, in seconds.")
    hls_encrypt: HlsEncrypt | None = part("How HLS is encrypted.")
    aigc_metadata: AigcMetadata | None = sample(alias="AIGCMetadata", about="The mark of generated content.")


class Segment(MediaOutcome, Operation):
    """转封装. https://cloud.tencent.com/document/product/460/84789."""

    segment: SegmentConfig | None = part("Content of the new container.")


class StreamExtractItem(Element):
    """One stream and its destination."""

    index: Integer = sample("0", about="The stream's number in the input.")
    output: Text = sample(
        "out/sample-0.mp4",
        about="The stream's key, as callbacks name it; only those also in `MediaResult` were written.",
    )
    object: Text = part("The stream's key, as requests name it.")


class StreamExtractOutput(Output):
    """Destination of the streams."""

    object: Text = part("Absent: every stream has a key of its own.")
    stream_extract: ListOf[StreamExtractItem] = many("The requested streams.")


class StreamExtract(MediaOutcome, Operation):
    """流分离. https://cloud.tencent.com/document/product/460/76959."""

    output: StreamExtractOutput | None = part("Destination of the streams.")


class SplitConfig(Element):
    """How a video is split."""

    mode: Text = sample("SHOTDETECT", about="`SHOTDETECT`: by shots; `SCENEDETECT`: by scenes.")


class TimeInfo(Element):
    """One part of a video."""

    index: Integer = sample("0", about="The part's number.")
    part_begin: Number = sample("0", about="Its start, in seconds.")
    part_end: Number = sample("12.48", about="Its end, in seconds.")


class SplitVideoInfoResult(Element):
    """The parts of a video."""

    time_info: ListOf[TimeInfo] = many("The parts in their order.")


class SplitVideoParts(Operation):
    """视频拆条. https://cloud.tencent.com/document/product/460/90888.

    CI names the parts' times; it writes no files.
    """

    split_video_parts: SplitConfig | None = part("How the video was split.")
    split_video_info_result: SplitVideoInfoResult | None = part("The parts that were found.")
