"""Composition of videos: joined, filled up, side by side, or the best moments."""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation
from ci_callback_results.tags.media.media_config import AudioConfig, AudioMix, Container, TranscodeConfig, VideoConfig
from ci_callback_results.tags.media.media_marks import Marked
from ci_callback_results.tags.media.media_parts import MediaOutcome


class ConcatFragment(Element):
    """One part of what is joined."""

    url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/intro.mp4", about="The part's URL.")
    mode: Text = sample("Start", about="Position of the part: `Start` or `End`.")
    fragment_index: Integer = sample("0", about="The part's place in the order.")
    start_time: Number = sample("0", about="Start of the part, in seconds of its file.")
    end_time: Number = sample("10", about="End of the part, in seconds of its file.")
    duration: Number = sample("10", about="How long the part is, in seconds.")


class SceneChangeInfo(Element):
    """How one part goes over into the next."""

    mode: Text = sample("FADE", about="`Default`: at once; `FADE` or `GRADIENT`: by and by.")
    time: Number = sample("3", about="How long it takes, in seconds.")
    transition_type: Text = part("The kind of the transition, as in the Go SDK.")


class ConcatTemplate(Element):
    """Parts and parameters."""

    concat_fragment: ListOf[ConcatFragment] = many("The parts.")
    index: Integer = sample("1", about="Position of the job's input in the order.")
    direct_concat: Flag = sample("false", about="Whether the parts are joined without encoding.")
    container: Container | None = part("The container format.")
    video: VideoConfig | None = part("How the pictures are encoded.")
    audio: AudioConfig | None = part("How the sound is encoded.")
    audio_mix: AudioMix | None = part("Sound that is mixed in.")
    audio_mix_array: ListOf[AudioMix] = many("Sounds that are mixed in.")
    scene_change_info: SceneChangeInfo | None = part("How one part goes over into the next.")


class Concat(Marked, MediaOutcome, Operation):
    """音视频拼接. https://cloud.tencent.com/document/product/436/85067."""

    concat_template: ConcatTemplate | None = part("The parts; absent if a template is named instead.")


class FillInput(Element):
    """One part of what is joined: a file, or a gap."""

    url: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/part-1.mp4",
        about="The file's URL; absent for a gap.",
    )
    fill_time: Number = sample("5.5", about="How long the gap is, in seconds; absent for a file.")


class FillConcatConfig(Element):
    """Parts and parameters."""

    format: Text = sample("mp4", about="The container format.")
    fill_input: ListOf[FillInput] = many("The parts in their order.")
    ref_mode: Text = part("How the part is chosen that the others follow, as in the Go SDK.")
    ref_index: Integer = part("Number of the part, as in the Go SDK.")


class FillConcat(MediaOutcome, Operation):
    """填充拼接. https://cloud.tencent.com/document/product/436/97913.

    No complete callback body is published; fields as in the Go SDK. The published part has no `Input`. The page may be
    VideoSynthesis's instead.
    """

    fill_concat: FillConcatConfig | None = part("The parts.")


class SpliceInfo(Element):
    """One video and its position in the picture."""

    url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/left.mp4", about="The video's URL.")
    x: Integer = sample("0", about="Its distance from the left in pixels.")
    y: Integer = sample("0", about="Its distance from the top in pixels.")
    width: Integer = sample("640", about="Its width in pixels.")
    height: Integer = sample("720", about="Its height in pixels.")


class VideoSynthesisConfig(Element):
    """The videos side by side."""

    keep_audio_track: Flag = sample("false", about="Whether the audio tracks are kept.")
    splice_info: ListOf[SpliceInfo] = many("The videos.")


class VideoSynthesis(Marked, MediaOutcome, Operation):
    """视频合成. https://cloud.tencent.com/document/product/436/98015.

    No complete callback body is published; fields as in the Go SDK. The published part has no `Input`.
    """

    video_synthesis: VideoSynthesisConfig | None = part("The videos side by side.")
    transcode_template_id: Text = sample("t1c8e31da5f60759b4c2d3e4f5a6b7c899", about="The template of the encoding.")
    transcode: TranscodeConfig | None = part("How it was encoded; absent if a template is named instead.")


class VideoMontageConfig(Element):
    """How the best moments are put together."""

    container: Container | None = part("The container format.")
    video: VideoConfig | None = part("How the pictures are encoded.")
    audio: AudioConfig | None = part("How the sound is encoded.")
    duration: Number = sample("30", about="How long it becomes, in seconds.")
    scene: Text = sample("Video", about="Subject of the input, such as `Video` or `Soccer`.")
    audio_mix: AudioMix | None = part("Sound that is mixed in.")
    audio_mix_array: ListOf[AudioMix] = many("Sounds that are mixed in.")


class VideoMontage(Marked, MediaOutcome, Operation):
    """精彩集锦. https://cloud.tencent.com/document/product/460/84778."""

    video_montage: VideoMontageConfig | None = part(
        "How the best moments were put together; absent if a template is named instead."
    )
