"""Speech recognition."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation


class SpeechRecognitionParameters(Element):
    """Recognition parameters; absent if given by a template."""

    engine_model_type: Text = sample("16k_zh", about="The engine, named after sampling rate and language.")
    flash_asr: Flag = sample("false", about="Whether the fast recognition (极速 ASR) is used.")
    format: Text = part("The audio's format; for the fast recognition.")
    channel_num: Integer = sample("1", about="Number of channels: 1, or 2 for the two sides of a telephone call.")
    first_channel_only: Integer = part("1 to recognise only the first channel, 0 for all; for the fast recognition.")
    res_text_format: Integer = sample(
        "2",
        about="How detailed the result is: 0 the text, 1 its words, 2 words and punctuation, 3 sentences for"
        " subtitles.",
    )
    word_info: Integer = part("Times of words: 0 no, 1 yes, 2 punctuation too; for the fast recognition.")
    sentence_max_length: Integer = part("Maximal length of a line, 6 to 40; 0 for no limit.")
    filter_dirty: Integer = sample("0", about="Handling of profanity: 0 unchanged, 1 left out, 2 written as `*`.")
    filter_modal: Integer = sample("0", about="Handling of filler words: 0 unchanged, 1 some left out, 2 all left out.")
    filter_punc: Integer = sample(
        "0", about="Handling of punctuation: 0 unchanged, 1 left out at a sentence's end, 2 all left out."
    )
    convert_num_mode: Integer = sample(
        "1", about="Format of numbers: 0 characters, 1 digits where usual, 3 digits in mathematics too."
    )
    speaker_diarization: Integer = sample("0", about="1 to distinguish speakers, else 0.")
    speaker_number: Integer = sample("0", about="Number of speakers, 1 to 10; 0 to let CI find out.")
    output_file_type: Text = sample("txt", about="The format of the file written, `txt` or `srt`.")


class Word(Element):
    """One word, or one punctuation mark."""

    word: Text = sample("白日", about="The word.")
    offset_start_ms: Integer = sample("0", about="Its start, in milliseconds from the sentence's beginning.")
    offset_end_ms: Integer = sample("640", about="Its end, in milliseconds from the sentence's beginning.")
    voice_type: Integer = sample("0", about="0 for a word that is heard, 1 for punctuation.")


class Sentence(Element):
    """One sentence."""

    final_sentence: Text = sample("白日依山尽，黄河入海流。", about="The sentence.")
    slice_sentence: Text = sample(
        "白日 依 山 尽 ， 黄河 入 海 流 。", about="The sentence with spaces between its words."
    )
    start_ms: Integer = sample("1240", about="Its start, in milliseconds from the audio's beginning.")
    end_ms: Integer = sample("6980", about="Its end, in milliseconds from the audio's beginning.")
    words_num: Integer = sample("10", about="Number of words, punctuation included.")
    speech_speed: Number = sample("1.9", about="How fast it is spoken, in characters a second.")
    speaker_id: Text = sample("0", about="The speaker, if speakers are distinguished.")
    words: ListOf[Word] = many("Its words, in order.")


class FlashWord(Element):
    """One word that the fast recognition found."""

    word: Text = sample("白日", alias="word", about="The word.")
    start_time: Integer = sample("1240", alias="start_time", about="Its start, in milliseconds.")
    end_time: Integer = sample("1880", alias="end_time", about="Its end, in milliseconds.")


class FlashSentence(Element):
    """One sentence that the fast recognition found."""

    text: Text = sample("白日依山尽", alias="text", about="The sentence.")
    start_time: Integer = sample("1240", alias="start_time", about="Its start, in milliseconds.")
    end_time: Integer = sample("3610", alias="end_time", about="Its end, in milliseconds.")
    speaker_id: Text = sample("0", alias="speaker_id", about="The speaker, if speakers are distinguished.")
    word_list: ListOf[FlashWord] = many(alias="word_list", about="Its words, in order.")


class FlashResult(Element):
    """Result of the fast recognition (极速 ASR) in one channel. Its names are in snake_case."""

    channel_id: Integer = sample("0", alias="channel_id", about="The channel, counted from 0.")
    text: Text = sample("白日依山尽", alias="text", about="The whole text.")
    sentence_list: ListOf[FlashSentence] = many(alias="sentence_list", about="Its sentences, in order.")


class SpeechRecognitionResult(Element):
    """The text."""

    audio_time: Number = sample("7.2840", about="How long the audio is, in seconds.")
    result: ListOf[Text] = sample(
        "[0:1.240,0:6.980]  白日依山尽，黄河入海流。",
        about="The text; one per channel, each line with its times in minutes and seconds.",
    )
    object_name: Text = sample(
        "/out/sample.txt", about="The key of the file with the text; its leading `/` is not part of the stored key."
    )
    detail_object_name: Text = sample("/out/sample.txt.detail", about="The key of the file with the details, likewise.")
    result_detail: ListOf[Sentence] = many(
        about="The sentences, in order; absent for the fast recognition and if only the text is requested."
    )
    flash_result: ListOf[FlashResult] = many("Result of the fast recognition, one element per channel.")


class SpeechRecognition(Operation):
    """语音识别. https://www.tencentcloud.com/document/product/1045/73386."""

    API: ClassVar[str] = "asr_jobs"

    speech_recognition: SpeechRecognitionParameters | None = part("How to recognise.")
    speech_recognition_result: SpeechRecognitionResult | None = part("The text.")
