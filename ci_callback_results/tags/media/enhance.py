"""Video enhancement: colors, sharpness, resolution, dynamic range, or people without their background."""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, Number, Text, part, sample
from ci_callback_results.job import Operation
from ci_callback_results.tags.media.media_config import TranscodeConfig
from ci_callback_results.tags.media.media_marks import Marked
from ci_callback_results.tags.media.media_parts import MediaOutcome


class ColorEnhance(Element):
    """Better colors."""

    enable: Flag = sample("true", about="Whether it is requested.")
    contrast: Integer = sample("50", about="The contrast, from 0 to 100.")
    correction: Integer = sample("100", about="The color correction, from 0 to 100.")
    saturation: Integer = sample("100", about="The saturation, from 0 to 100.")


class MsSharpen(Element):
    """Sharper details."""

    enable: Flag = sample("true", about="Whether it is requested.")
    sharpen_level: Integer = sample("5", about="How much sharper, from 0 to 10.")


class SDRtoHDRConfig(Element):
    """A wider dynamic range."""

    hdr_mode: Text = sample("HDR10", about="`HLG` or `HDR10`.")


class SuperResolutionConfig(Element):
    """A higher resolution."""

    resolution: Text = sample("sdtohd", about="From which to which: `sdtohd` or `hdto4k`.")
    enable_scale_up: Flag = sample("true", about="Whether scaling up is on.")
    version: Text = sample("Enhance", about="The version of the method: `Base` or `Enhance`.")


class FrameEnhance(Element):
    """More frames."""

    frame_doubling: Flag = sample("true", about="Whether the frame rate is doubled.")


class VideoEnhanceConfig(Element):
    """All that is made better at once."""

    transcode: TranscodeConfig | None = part("How it is encoded.")
    super_resolution: SuperResolutionConfig | None = part("A higher resolution.")
    color_enhance: ColorEnhance | None = part("Better colors.")
    ms_sharpen: MsSharpen | None = part("Sharper details.")
    sdr_to_hdr: SDRtoHDRConfig | None = sample(alias="SDRtoHDR", about="A wider dynamic range.")
    frame_enhance: FrameEnhance | None = part("More frames.")


class Enhanced(Marked, MediaOutcome):
    """Fields common to these jobs."""

    transcode_template_id: Text = sample("t1c8e31da5f60759b4c2d3e4f5a6b7c899", about="The template of the encoding.")
    transcode: TranscodeConfig | None = part("How it was encoded; absent if a template is named instead.")


class VideoProcessConfig(Element):
    """Enhancement parameters."""

    color_enhance: ColorEnhance | None = part("Better colors.")
    ms_sharpen: MsSharpen | None = part("Sharper details.")


class VideoProcess(Enhanced, Operation):
    """视频增强. https://cloud.tencent.com/document/product/460/84782."""

    video_process: VideoProcessConfig | None = part("The enhancement; absent if a template is named instead.")


class VideoEnhance(Enhanced, Operation):
    """画质增强. https://cloud.tencent.com/document/product/460/84775.

    No callback body is published; fields as in the Go SDK.
    """

    video_enhance: VideoEnhanceConfig | None = part("The enhancement; absent if a template is named instead.")


class SDRtoHDR(Enhanced, Operation):
    """SDR to HDR. https://cloud.tencent.com/document/product/460/84792."""

    sdr_to_hdr: SDRtoHDRConfig | None = sample(alias="SDRtoHDR", about="The requested dynamic range.")


class SuperResolution(Enhanced, Operation):
    """超分辨率. https://cloud.tencent.com/document/product/460/84809.

    The job may be Success while `DigitalWatermark.State` is Failed: the mark's failure was to be ignored.
    """

    super_resolution: SuperResolutionConfig | None = part(
        "The requested resolution; absent if a template is named instead."
    )


class SegmentVideoBodyConfig(Element):
    """Handling of people and their background."""

    mode: Text = sample("Mask", about="Output: `Mask`, `Foreground` or `Combination`.")
    segment_type: Text = sample(
        "HumanSeg", about="Kind of segmentation: `HumanSeg`, `GreenScreenSeg` or `SolidColorSeg`."
    )
    background_red: Integer = sample("0", about="The red of the new background, from 0 to 255.")
    background_green: Integer = sample("255", about="The green of the new background, from 0 to 255.")
    background_blue: Integer = sample("0", about="The blue of the new background, from 0 to 255.")
    background_logo_url: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/beach.png",
        about="The URL of the new background's picture.",
    )
    binary_threshold: Number = sample("0.1", about="From which probability a pixel counts as a person, from 0 to 1.")
    remove_red: Integer = sample("0", about="The red of the color that is taken out, from 0 to 255.")
    remove_green: Integer = sample("255", about="The green of the color that is taken out, from 0 to 255.")
    remove_blue: Integer = sample("0", about="The blue of the color that is taken out, from 0 to 255.")


class SegmentVideoBody(MediaOutcome, Operation):
    """视频人像抠图. https://cloud.tencent.com/document/product/460/84802.

    No callback body is published; fields as in the Go and Android SDKs.
    """

    segment_video_body: SegmentVideoBodyConfig | None = part("Handling of people and their background.")
