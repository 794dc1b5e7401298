"""Encoding settings, echoed from the submission.

https://www.tencentcloud.com/document/product/1045/49911 and the Go SDK. Only submitted ones are present;
a job that names a template has none.
"""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Secret, Text, many, part, sample


class ClipConfig(Element):
    """How HLS and DASH are cut."""

    duration: Number = sample("5", about="The length of a piece in seconds.")


class Container(Element):
    """The container format."""

    format: Text = sample("mp4", about="Its name, such as `mp4`, `hls` or `gif`.")
    clip_config: ClipConfig | None = part("How it is cut, for `hls` and `dash`.")


class ColorParam(Element):
    """The colors of a video stream."""

    color_range: Text = sample("tv", about="The range: `tv` or `pc`.")
    color_space: Text = sample("bt709", about="The color space.")
    color_trc: Text = sample("bt709", about="The transfer function.")
    color_primaries: Text = sample("bt709", about="The primaries.")


class VideoConfig(Element):
    """How the pictures are encoded."""

    codec: Text = sample("H.264", about="The codec.")
    width: Integer = sample("1280", about="The width in pixels.")
    height: Integer = sample("720", about="The height in pixels.")
    fps: Number = sample("25", about="The frame rate in frames per second.")
    remove: Flag = sample("false", about="Whether the video stream is left out.")
    profile: Text = sample("high", about="The codec's profile.")
    bitrate: Integer = sample("1000", about="The bit rate in kbit/s, or the text `auto`.")
    crf: Number = sample("25", about="The constant rate factor, from 0 to 51; it takes the bit rate's place.")
    gop: Integer = sample("250", about="Maximal number of frames between key frames.")
    preset: Text = sample("medium", about="The encoder's preset.")
    bufsize: Integer = sample("2000", about="The size of the buffer in kbit.")
    maxrate: Integer = sample("1500", about="The highest bit rate in kbit/s.")
    hls_ts_time: Number = sample("5", about="The length of an HLS piece in seconds.")
    dash_segment: Number = sample("5", about="The length of a DASH piece in seconds.")
    pixfmt: Text = sample("yuv420p", about="The format of a pixel.")
    long_short_mode: Flag = sample("false", about="Whether `Width` means the longer side.")
    rotate: Integer = sample("90", about="By how much the picture is turned, in degrees.")
    animate_only_keep_key_frame: Flag = sample("false", about="Whether an animated picture has only the key frames.")
    animate_time_interval_of_frame: Number = sample("2", about="Seconds between the frames of an animated picture.")
    animate_frames_per_second: Integer = sample("10", about="Frames per second of an animated picture.")
    quality: Integer = sample("80", about="The quality of an animated picture relative to the original, from 1 to 99.")
    roi: Text = sample("none", about="How much regions of interest are favored: `none`, `low`, `medium` or `high`.")
    crop: Text = sample(
        "640:360:0:0",
        about="The part of the picture that is kept, as width:height:left:top, or `auto`: all but black edges.",
    )
    interlaced: Flag = sample("false", about="Whether the video is interlaced.")
    scan_mode: Text = part("How a picture is scanned, as in the Java SDK.")
    color_param: ColorParam | None = part("The colors.")
    std_ext_info: Text = part("Further options of the encoder, such as `single-pps=1`; as in the Go SDK.")


class AudioConfig(Element):
    """How the sound is encoded."""

    codec: Text = sample("aac", about="The codec.")
    samplerate: Integer = sample("44100", about="The sample rate in Hz.")
    bitrate: Integer = sample("128", about="The bit rate in kbit/s.")
    channels: Integer = sample("2", about="Number of channels.")
    remove: Flag = sample("false", about="Whether the audio stream is left out.")
    keep_two_tracks: Flag = sample("false", about="Whether both tracks are kept.")
    switch_track: Flag = sample("false", about="Whether the tracks are exchanged.")
    sample_format: Text = sample("fltp", about="The format of a sample.")


class TimeInterval(Element):
    """Part of the input."""

    start: Number = sample("0", about="Its start, in seconds.")
    duration: Number = sample("60", about="How long it is, in seconds.")


class HlsEncrypt(Element):
    """How HLS is encrypted."""

    is_hls_encrypt: Flag = sample("false", about="Whether it is.")
    uri_key: Text = sample("https://keys.example.com/", about="URL from which a player gets the key.")
    key_id: Text = sample(alias="KeyID", about="The id of the master key in the Key Management Service.")
    kms_region: Text = part("Region of the Key Management Service.")
    plain_text: Secret = part("The key; left out of the result.")
    ciphertext_blob: Secret = part("The encrypted key; left out of the result.")


class DashEncrypt(Element):
    """How DASH is encrypted."""

    is_encrypt: Flag = sample("false", about="Whether it is.")
    uri_key: Text = sample("https://keys.example.com/", about="URL from which a player gets the key.")


class AigcMetadata(Element):
    """The mark of generated content that is written into the file, as in the Java SDK."""

    label: Text = sample("1", about="Whether the content is generated, as the law's code.")
    content_producer: Text = sample("example-producer", about="The generator.")
    produce_id: Text = sample("cHJvZHVjZS0x", alias="ProduceID", about="The producer's id of it.")
    reserved_code1: Text = sample("cmVzZXJ2ZWQtMQ", about="The producer's seal.")
    content_propagator: Text = sample("example-propagator", about="The distributor.")
    propagate_id: Text = sample("cHJvcGFnYXRlLTE", alias="PropagateID", about="The propagator's id of it.")
    reserved_code2: Text = sample("cmVzZXJ2ZWQtMg", about="The propagator's seal.")


class TransConfig(Element):
    """Further transcoding parameters."""

    adj_dar_method: Text = sample("scale", about="How another aspect ratio is met: `scale`, `crop`, `pad` or `none`.")
    is_check_reso: Flag = sample(
        "false", about="Whether an output of higher resolution than the input is treated by `ResoAdjMethod`."
    )
    reso_adj_method: Text = sample("0", about="`0`: keep the input's resolution; `1`: fail.")
    is_check_video_bitrate: Flag = sample(
        "false",
        about="Whether an output of higher video bit rate than the input is treated by `VideoBitrateAdjMethod`.",
    )
    video_bitrate_adj_method: Text = sample("0", about="`0`: keep the input's bit rate; `1`: fail.")
    is_check_audio_bitrate: Flag = sample(
        "false",
        about="Whether an output of higher audio bit rate than the input is treated by `AudioBitrateAdjMethod`.",
    )
    audio_bitrate_adj_method: Text = sample("0", about="`0`: keep the input's bit rate; `1`: fail.")
    is_check_video_fps: Flag = sample(
        "false", about="Whether an output of higher frame rate than the input is treated by `VideoFpsAdjMethod`."
    )
    video_fps_adj_method: Text = sample("0", about="`0`: keep the input's frame rate; `1`: fail.")
    delete_metadata: Flag = sample("false", about="Whether the file's metadata is dropped.")
    is_hdr2_sdr: Flag = sample("false", about="Whether HDR is turned into SDR.")
    trans_mode: Text = part("The mode of transcoding, as in the Java SDK.")
    transcode_index: Integer = sample("0", about="The number of the stream to work on.")
    hls_encrypt: HlsEncrypt | None = part("How HLS is encrypted.")
    dash_encrypt: DashEncrypt | None = part("How DASH is encrypted.")
    initial_clip_num: Integer = sample("2", about="Number of segments transcoded in advance.")
    cos_tag: Text = sample("project=demo", about="The tags the written objects get, as in a query.")
    aigc_metadata: AigcMetadata | None = sample(alias="AIGCMetadata", about="The mark of generated content.")


class EffectConfig(Element):
    """How mixed-in sound fades."""

    enable_start_fadein: Flag = sample("true", about="Whether it fades in.")
    start_fadein_time: Number = sample("3", about="How long it fades in, in seconds.")
    enable_end_fadeout: Flag = sample("false", about="Whether it fades out.")
    end_fadeout_time: Number = sample("0", about="How long it fades out, in seconds.")
    enable_bgm_fade: Flag = sample("true", about="Whether background music fades at its transitions.")
    bgm_fade_time: Number = sample("1.7", about="How long those fades are, in seconds.")


class AudioMix(Element):
    """Sound that is mixed in."""

    audio_source: Text = sample(
        "https://media-1250000000.cos.ap-guangzhou.myqcloud.com/in/music.mp3", about="The URL of the sound."
    )
    mix_mode: Text = sample("Once", about="`Repeat`, or `Once`.")
    replace: Flag = sample("false", about="Whether it replaces the input's sound.")
    effect_config: EffectConfig | None = part("How it fades.")


class TranscodeConfig(Element):
    """How the input is transcoded."""

    container: Container | None = part("The container format.")
    video: VideoConfig | None = part("How the pictures are encoded.")
    audio: AudioConfig | None = part("How the sound is encoded.")
    time_interval: TimeInterval | None = part("Part of the input.")
    trans_config: TransConfig | None = part("Further parameters.")
    audio_mix: AudioMix | None = part("Sound that is mixed in.")
    audio_mix_array: ListOf[AudioMix] = many("Sounds that are mixed in.")
