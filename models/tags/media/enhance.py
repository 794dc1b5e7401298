"""Video enhancement: colors, sharpness, resolution, dynamic range, or people without their background."""

from __future__ import annotations

from models.fields import Element, Flag, Integer, Number, Text, sample
from models.job import Operation
from models.tags.media.media_config import TranscodeConfig
from models.tags.media.media_marks import Marked
from models.tags.media.media_parts import MediaOutcome


class ColorEnhance(Element):
    """Better colors."""

    enable: Flag = sample("true")
    """Whether it is requested."""
    contrast: Integer = sample("50")
    """The contrast, from 0 to 100."""
    correction: Integer = sample("100")
    """The color correction, from 0 to 100."""
    saturation: Integer = sample("100")
    """The saturation, from 0 to 100."""


class MsSharpen(Element):
    """Sharper details."""

    enable: Flag = sample("true")
    """Whether it is requested."""
    sharpen_level: Integer = sample("5")
    """How much sharper, from 0 to 10."""


class SDRtoHDRConfig(Element):
    """A wider dynamic range."""

    hdr_mode: Text = sample("HDR10")
    """`HLG` or `HDR10`."""


class SuperResolutionConfig(Element):
    """A higher resolution."""

    resolution: Text = sample("sdtohd")
    """From which to which: `sdtohd` or `hdto4k`."""
    enable_scale_up: Flag = sample("true")
    """Whether scaling up is on."""
    version: Text = sample("Enhance")
    """The version of the method: `Base` or `Enhance`."""


class FrameEnhance(Element):
    """More frames."""

    frame_doubling: Flag = sample("true")
    """Whether the frame rate is doubled."""


class VideoEnhanceConfig(Element):
    """All that is made better at once."""

    transcode: TranscodeConfig | None = None
    """How it is encoded."""
    super_resolution: SuperResolutionConfig | None = None
    """A higher resolution."""
    color_enhance: ColorEnhance | None = None
    """Better colors."""
    ms_sharpen: MsSharpen | None = None
    """Sharper details."""
    sdr_to_hdr: SDRtoHDRConfig | None = sample(alias="SDRtoHDR")
    """A wider dynamic range."""
    frame_enhance: FrameEnhance | None = None
    """More frames."""


class Enhanced(Marked, MediaOutcome):
    """Fields common to these jobs."""

    transcode_template_id: Text = sample("t1c8e31da5f60759b4c2d3e4f5a6b7c899")
    """The template of the encoding."""
    transcode: TranscodeConfig | None = None
    """How it was encoded; absent if a template is named instead."""


class VideoProcessConfig(Element):
    """Enhancement parameters."""

    color_enhance: ColorEnhance | None = None
    """Better colors."""
    ms_sharpen: MsSharpen | None = None
    """Sharper details."""


class VideoProcess(Enhanced, Operation):
    """视频增强. https://cloud.tencent.com/document/product/460/84782."""

    video_process: VideoProcessConfig | None = None
    """The enhancement; absent if a template is named instead."""


class VideoEnhance(Enhanced, Operation):
    """画质增强. https://cloud.tencent.com/document/product/460/84775.

    No callback body is published; fields as in the Go SDK.
    """

    video_enhance: VideoEnhanceConfig | None = None
    """The enhancement; absent if a template is named instead."""


class SDRtoHDR(Enhanced, Operation):
    """SDR to HDR. https://cloud.tencent.com/document/product/460/84792."""

    sdr_to_hdr: SDRtoHDRConfig | None = sample(alias="SDRtoHDR")
    """The requested dynamic range."""


class SuperResolution(Enhanced, Operation):
    """超分辨率. https://cloud.tencent.com/document/product/460/84809.

    The job may be Success while `DigitalWatermark.State` is Failed: the mark's failure was to be ignored.
    """

    super_resolution: SuperResolutionConfig | None = None
    """The requested resolution; absent if a template is named instead."""


class SegmentVideoBodyConfig(Element):
    """Handling of people and their background."""

    mode: Text = sample("Mask")
    """Output: `Mask`, `Foreground` or `Combination`."""
    segment_type: Text = sample("HumanSeg")
    """Kind of segmentation: `HumanSeg`, `GreenScreenSeg` or `SolidColorSeg`."""
    background_red: Integer = sample("0")
    """The red of the new background, from 0 to 255."""
    background_green: Integer = sample("255")
    """The green of the new background, from 0 to 255."""
    background_blue: Integer = sample("0")
    """The blue of the new background, from 0 to 255."""
    background_logo_url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/beach.png")
    """The URL of the new background's picture."""
    binary_threshold: Number = sample("0.1")
    """From which probability a pixel counts as a person, from 0 to 1."""
    remove_red: Integer = sample("0")
    """The red of the color that is taken out, from 0 to 255."""
    remove_green: Integer = sample("255")
    """The green of the color that is taken out, from 0 to 255."""
    remove_blue: Integer = sample("0")
    """The blue of the color that is taken out, from 0 to 255."""


class SegmentVideoBody(MediaOutcome, Operation):
    """视频人像抠图. https://cloud.tencent.com/document/product/460/84802.

    No callback body is published; fields as in the Go and Android SDKs.
    """

    segment_video_body: SegmentVideoBodyConfig | None = None
    """Handling of people and their background."""
