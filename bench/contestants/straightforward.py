"""A first handler: xmltodict, pydantic models, both SDKs, everything imported at the top.

It checks the token, reads and validates XML and JSON, and writes the result. It knows a few Tags; with more models
it would be slower. Of the tencentcloud SDK it imports Secrets Manager's client alone: the whole SDK has 300 MB.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import os
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import xmltodict
from pydantic import BaseModel, ConfigDict, Field, field_validator
from qcloud_cos import CosConfig, CosS3Client
from tencentcloud.common import credential
from tencentcloud.ssm.v20190923 import models, ssm_client

logging.getLogger("qcloud_cos").setLevel(logging.WARNING)
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


class Element(BaseModel):
    """An element whose unknown fields are kept."""

    model_config = ConfigDict(extra="allow")


def as_list(value: Any) -> Any:
    """Wrap a single element in a list: CI repeats elements without marking lists."""
    return value if isinstance(value, list) else [value]


class JobInput(Element):
    """The input object of a job."""

    BucketId: str
    Region: str
    Object: str


class JobOutput(Element):
    """The output object of a job."""

    Bucket: str | None = None
    Region: str | None = None
    Object: str | None = None


class Song(Element):
    """A recognised song."""

    SongName: str
    SingerName: str | None = None
    Inlier: float | None = Field(default=None, ge=0)


class HeardSongs(Element):
    """听歌识曲."""

    SongList: list[Song] = Field(default_factory=list)

    _lists = field_validator("SongList", mode="before")(as_list)


class SpokenWord(Element):
    """A recognised word."""

    Word: str
    OffsetStartMs: int
    OffsetEndMs: int
    VoiceType: int | None = None


class Sentence(Element):
    """A recognised sentence."""

    FinalSentence: str | None = None
    SliceSentence: str | None = None
    StartMs: int | None = None
    EndMs: int | None = None
    SpeechSpeed: float | None = None
    SpeakerId: str | None = None
    Words: list[SpokenWord] = Field(default_factory=list)

    _lists = field_validator("Words", mode="before")(as_list)


class SpokenText(Element):
    """语音识别."""

    AudioTime: float | None = None
    Result: list[str] = Field(default_factory=list)
    ResultDetail: list[Sentence] = Field(default_factory=list)

    _lists = field_validator("Result", "ResultDetail", mode="before")(as_list)


class VideoStream(Element):
    """A video stream of a file."""

    Index: int | None = None
    CodecName: str | None = None
    Width: int | None = None
    Height: int | None = None
    Fps: float | None = None
    Bitrate: float | None = None
    Duration: float | None = None


class AudioStream(Element):
    """An audio stream of a file."""

    Index: int | None = None
    CodecName: str | None = None
    Channel: int | None = None
    SampleRate: int | None = None
    Bitrate: float | None = None
    Duration: float | None = None


class Streams(Element):
    """The streams of a file."""

    Video: list[VideoStream] = Field(default_factory=list)
    Audio: list[AudioStream] = Field(default_factory=list)

    _lists = field_validator("Video", "Audio", mode="before")(as_list)


class MediaFormat(Element):
    """The container of a file."""

    FormatName: str | None = None
    Duration: float | None = None
    Bitrate: float | None = None
    Size: int | None = None


class FileInfo(Element):
    """The properties of a media file."""

    Format: MediaFormat | None = None
    Stream: Streams | None = None


class WrittenFile(Element):
    """The location of a written media file."""

    Bucket: str | None = None
    Region: str | None = None
    ObjectPrefix: str | None = None
    ObjectName: list[str] = Field(default_factory=list)

    _lists = field_validator("ObjectName", mode="before")(as_list)


class WrittenMedia(Element):
    """The written media of a job."""

    OutputFile: WrittenFile | None = None


class JobOperation(Element):
    """The operation of a job, with its result."""

    JobLevel: int | None = None
    UserData: str | None = None
    TemplateId: str | None = None
    TemplateName: str | None = None
    Output: JobOutput | None = None
    MediaInfo: FileInfo | None = None
    MediaResult: WrittenMedia | None = None
    SoundHoundResult: HeardSongs | None = None
    SpeechRecognitionResult: SpokenText | None = None


class Job(Element):
    """A finished job."""

    JobId: str
    Tag: str
    State: str
    Code: str | None = None
    Message: str | None = None
    CreationTime: datetime | None = None
    StartTime: datetime | None = None
    EndTime: datetime | None = None
    QueueId: str | None = None
    Input: JobInput
    Operation: JobOperation


class Callback(Element):
    """A callback of CI."""

    EventName: str
    JobsDetail: list[Job]

    _lists = field_validator("JobsDetail", mode="before")(as_list)


def tokens() -> list[str]:
    """Return the valid tokens, from Secrets Manager if a secret is configured."""
    name = os.environ.get("CALLBACK_SECRET")
    if not name:
        return os.environ["CALLBACK_TOKENS"].split(",")
    key = credential.Credential(
        os.environ["TENCENTCLOUD_SECRETID"],
        os.environ["TENCENTCLOUD_SECRETKEY"],
        os.environ["TENCENTCLOUD_SESSIONTOKEN"],
    )
    request = models.GetSecretValueRequest()
    request.SecretName = name
    client = ssm_client.SsmClient(key, os.environ["TENCENTCLOUD_REGION"])
    return str(client.GetSecretValue(request).SecretString).split(",")


def read(body: str) -> Callback:
    """Parse and validate a body."""
    tree = xmltodict.parse(body) if body.lstrip().startswith("<") else json.loads(body)
    return Callback.model_validate(tree.get("Response", tree))


def write(job: Job) -> str:
    """Write a job's result next to its input; return the key."""
    cos = urlsplit(os.environ["COS_ENDPOINT"])
    config = CosConfig(
        Region=job.Input.Region,
        SecretId=os.environ["TENCENTCLOUD_SECRETID"],
        SecretKey=os.environ["TENCENTCLOUD_SECRETKEY"],
        Token=os.environ["TENCENTCLOUD_SESSIONTOKEN"],
        Scheme="http",
        IP=cos.hostname,
        Port=cos.port,
    )
    key = f"{job.Input.Object}.{job.Tag}.json"
    CosS3Client(config).put_object(
        Bucket=job.Input.BucketId,
        Key=key,
        Body=job.model_dump_json(exclude_none=True).encode(),
        ContentType="application/json",
    )
    return key


def main_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one callback."""
    token = event["path"].rpartition("/")[2]
    if not any(hmac.compare_digest(token, each) for each in tokens()):
        return {"statusCode": 401, "headers": {}, "body": "unauthorized"}
    body = event["body"]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    keys = [write(job) for job in read(body).JobsDetail]
    logger.info("written: %s", keys)
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"keys": keys})}
