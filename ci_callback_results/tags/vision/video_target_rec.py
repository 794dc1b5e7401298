"""Detection of people, animals, cars, faces and number plates in a video."""

from __future__ import annotations

from ci_callback_results.fields import Element, Flag, Integer, ListOf, Number, Text, many, part, sample
from ci_callback_results.job import Operation


class TranscodeContainer(Element):
    """The container format of the video written."""

    format: Text = sample("mp4", about="Its name.")


class TranscodeVideo(Element):
    """The video stream of the video written."""

    codec: Text = sample("H.264", about="The codec.")
    width: Integer = sample("1280", about="The width in pixels.")
    height: Integer = sample("720", about="The height in pixels.")
    fps: Number = sample("25", about="The frames a second.")
    bitrate: Number = sample("1000", about="The bit rate in kbit/s.")
    crf: Number = part("The constant rate factor, in place of a bit rate.")


class Transcode(Element):
    """How a video that the job writes is encoded."""

    container: TranscodeContainer | None = part("The container format.")
    video: TranscodeVideo | None = part("The video stream.")


class VideoTargetRecParameters(Element):
    """Search parameters."""

    body: Flag = sample("true", about="Whether to look for people.")
    pet: Flag = sample("true", about="Whether to look for animals.")
    car: Flag = sample("true", about="Whether to look for cars.")
    face: Flag = sample("true", about="Whether to look for faces.")
    plate: Flag = sample("true", about="Whether to look for number plates.")
    process_type: Text = part("Handling of findings; CI's pages list no values.")
    trans_tpl: Transcode | None = part("How a video that the job writes is encoded.")


class Location(Element):
    """Position in the picture."""

    x: Number = sample("412", about="Its left edge, in pixels from the picture's left.")
    y: Number = sample("96", about="Its upper edge, in pixels from the picture's top.")
    width: Number = sample("128", about="Its width in pixels.")
    height: Number = sample("304", about="Its height in pixels.")


class Target(Element):
    """One thing found in a frame."""

    name: Text = sample("person", about="Its name.")
    score: Number = sample("87", about="The confidence, 0 to 100.")
    location: Location | None = part("Its position.")


class Frame(Element):
    """One frame in which something was found."""

    time: Number = sample("4.200000", about="The frame's time, in seconds.")
    url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/frames/3.jpg", about="URL of the frame.")


class BodyFrame(Frame):
    """One frame with people."""

    body_info: ListOf[Target] = many("The people.")


class PetFrame(Frame):
    """One frame with animals."""

    pet_info: ListOf[Target] = many("The animals.")


class CarFrame(Frame):
    """One frame with cars."""

    car_info: ListOf[Target] = many("The cars.")


class FaceFrame(Frame):
    """One frame with faces."""

    face_info: ListOf[Target] = many("The faces.")


class PlateFrame(Frame):
    """One frame with number plates."""

    plate_info: ListOf[Target] = many("The number plates.")


class TimedTargets(Element):
    """Targets of one moment, as in the Java SDK."""

    time: Number = sample("4.200000", about="The frame's time, in seconds.")
    url: Text = sample("https://media-1250000000.cos.ap-guangzhou.myqcloud.com/frames/3.jpg", about="URL of the frame.")
    result_info: ListOf[Target] = many("The targets.")


class Recognition(Element):
    """Targets of one kind, as in the Java SDK."""

    fusion_score: Number = sample("87", about="The combined confidence, 0 to 100.")
    result_details: ListOf[TimedTargets] = many("The targets by moment.")


class PlateRecognition(PlateFrame):
    """One frame with number plates, or in the Java SDK number plates by moment."""

    fusion_score: Number = part("The combined confidence, 0 to 100.")
    result_details: ListOf[TimedTargets] = many("The number plates by moment.")


class VideoTargetRecResult(Element):
    """The findings by kind."""

    body_recognition: ListOf[BodyFrame] = many("The frames with people.")
    pet_recognition: ListOf[PetFrame] = many("The frames with animals.")
    car_recognition: ListOf[CarFrame] = many("The frames with cars.")
    face_recognition: ListOf[FaceFrame] = many("The frames with faces.")
    license_recognition_result: ListOf[PlateRecognition] = many("The frames with number plates.")
    body_recognition_result: ListOf[Recognition] = many("People, as in the Java SDK.")
    pet_recognition_result: ListOf[Recognition] = many("Animals, as in the Java SDK.")
    car_recognition_result: ListOf[Recognition] = many("Cars, as in the Java SDK.")
    face_recognition_result: ListOf[Recognition] = many("Faces, as in the Java SDK.")
    sensitive: Text = part("Not explained by CI; kept as sent.")


class VideoTargetRec(Operation):
    """视频目标检测. https://cloud.tencent.com/document/product/436/121129."""

    video_target_rec: VideoTargetRecParameters | None = part("Search parameters.")
    video_target_rec_result: VideoTargetRecResult | None = part("The findings.")
