"""Sound: separation of voices, noise reduction, speech synthesis."""

from __future__ import annotations

from ci_callback_results.fields import Element, Integer, ListOf, Text, many, part, sample
from ci_callback_results.job import Input, Operation, Output
from ci_callback_results.tags.media.media_config import AudioConfig
from ci_callback_results.tags.media.media_parts import Known, Place


class SoundMd5(Element):
    """One file's checksum."""

    md5: Text = sample("d3b07384d113edec49eaa6238ad5ff00", about="The file's MD5, in hexadecimal.")
    object_name: Text = sample("out/sample.mp3", about="The file's key, without the prefix.")


class SoundFiles(Place):
    """The files a job wrote."""

    object_name: ListOf[Text] = sample(
        "out/sample.mp3",
        about="The files' keys, without the prefix; Tts begins them with a `/` that the stored key does not have.",
    )
    md5_info: ListOf[SoundMd5] = many("The files' checksums.")


class SoundResult(Element):
    """Output of a job."""

    output_file: SoundFiles | None = part("The files.")


class SoundOutput(Output):
    """Destination of a job."""

    object: Text = sample("out/sample.mp3", about="The file's key.")


class VoiceOutput(Output):
    """Destination of the voices and the rest."""

    object: Text = sample("out/background.mp3", about="The key of what is left without the voices.")
    au_object: Text = sample("out/voice.mp3", about="The key of the voices.")
    bass_object: Text = sample("out/bass.mp3", about="The key of the bass.")
    drum_object: Text = sample("out/drum.mp3", about="The key of the drums.")


class VoiceSeparateConfig(Element):
    """Separation parameters."""

    audio_mode: Text = sample(
        "AudioAndBackground", about="Output, such as `IsAudio` (the voices), `IsBackground` or `AudioAndBackground`."
    )
    audio_config: AudioConfig | None = part("How the sound is encoded.")


class VoiceSeparate(Known, Operation):
    """人声分离. https://cloud.tencent.com/document/product/460/84794."""

    voice_separate: VoiceSeparateConfig | None = part("Separation parameters; absent if a template is named instead.")
    output: VoiceOutput | None = part("Destination of the voices and the rest.")
    media_result: SoundResult | None = part("The files the job wrote.")


class NoiseReductionConfig(Element):
    """How the sound is written."""

    format: Text = sample("mp3", about="The format.")
    samplerate: Integer = sample("16000", about="The sample rate in Hz.")


class NoiseReduction(Operation):
    """音频降噪. https://cloud.tencent.com/document/product/436/76972.

    Published callbacks name the file in `Output` only.
    """

    noise_reduction: NoiseReductionConfig | None = part(
        "How the sound was written; absent if a template is named instead."
    )
    output: SoundOutput | None = part("Destination of the sound.")


class TtsTpl(Element):
    """The voice that reads."""

    mode: Text = sample("Sync", about="`Sync` for short texts, `Asyc` (sic) for long ones.")
    codec: Text = sample("mp3", about="The codec: `mp3`, `wav` or `pcm`.")
    voice_type: Text = sample("aixiaonan", about="The voice's name.")
    volume: Integer = sample("5", about="The volume, from -10 to 10.")
    speed: Integer = sample("100", about="The speed per cent, from 50 to 200.")


class TtsConfig(Element):
    """The text that is read."""

    input: Text = sample("今天天气很好。", about="The text itself, or the URL of one.")
    input_type: Text = sample("Text", about="Kind of input: `Text` or `Url`.")


class Tts(Known, Operation):
    """语音合成. https://cloud.tencent.com/document/product/460/84797.

    The job has no `Input`: the text is in `TtsConfig`.
    """

    tts_config: TtsConfig | None = part("The text that was read.")
    tts_tpl: TtsTpl | None = part("The voice that read it; absent if a template is named instead.")
    input: Input | None = part("Headers of the upload, for a job started by a workflow.")
    output: SoundOutput | None = part("Destination of the sound.")
    media_result: SoundResult | None = part("The file the job wrote.")
