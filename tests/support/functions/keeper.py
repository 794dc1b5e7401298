"""The smallest callback function: keeps any body at the key its header names, by the SDK with the role's keys."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

from qcloud_cos import CosConfig, CosS3Client


def main_handler(event: dict[str, Any], _context: dict[str, Any]) -> dict[str, Any]:
    """Answer 200 with what was kept, 418 when there is nothing to keep."""
    print(json.dumps({"method": event["httpMethod"], "path": event["path"]}))  # noqa: T201  # a log line
    if not event["body"]:
        return {"statusCode": 418, "headers": {}, "body": '{"outcome": "teapot"}'}
    bucket, _, region = os.environ["BUCKETS"].partition("/")
    endpoint = urlsplit(os.environ["COS_ENDPOINT"])
    config = CosConfig(
        Region=region,
        SecretId=os.environ["TENCENTCLOUD_SECRETID"],
        SecretKey=os.environ["TENCENTCLOUD_SECRETKEY"],
        Token=os.environ["TENCENTCLOUD_SESSIONTOKEN"],
        Scheme=endpoint.scheme,
        IP=endpoint.hostname,
        Port=endpoint.port,
    )
    key = event["headers"].get("x-key", "input/test.mp3.SoundHound.json")
    CosS3Client(config, retry=0).put_object(Bucket=bucket, Key=key, Body=event["body"].encode())
    headers = {"Content-Type": "application/json"}
    return {"isBase64Encoded": False, "statusCode": 200, "headers": headers, "body": '{"outcome": "written"}'}
