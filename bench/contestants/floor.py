"""The floor: the cost of the common libraries alone. Their imports, one model, one bare put_object."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel
from qcloud_cos import CosConfig, CosS3Client


class Song(BaseModel):
    """The one model."""

    SongName: str
    SingerName: str
    Inlier: float


def main_handler(_event: Any, _context: Any) -> dict[str, Any]:
    """Write a constant result."""
    song = Song(SongName="青花瓷", SingerName="周杰伦", Inlier=0.98)
    bucket, region = os.environ["BUCKETS"].split("/")
    cos = urlsplit(os.environ["COS_ENDPOINT"])
    config = CosConfig(
        Region=region,
        SecretId=os.environ["TENCENTCLOUD_SECRETID"],
        SecretKey=os.environ["TENCENTCLOUD_SECRETKEY"],
        Token=os.environ["TENCENTCLOUD_SESSIONTOKEN"],
        Scheme="http",
        IP=cos.hostname,
        Port=cos.port,
    )
    CosS3Client(config).put_object(
        Bucket=bucket, Key="input/test.mp3.SoundHound.json", Body=song.model_dump_json().encode()
    )
    return {"statusCode": 200, "body": ""}
