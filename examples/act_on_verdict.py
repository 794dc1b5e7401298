"""An SCF function that moves an upload to `quarantine/` when a review asks to block it.

A route of ci-callback starts it:

    {"tag": "Review*", "state": "Success", "result": "block", "write": "{object}.{tag}.json",
     "then": [{"invoke": "act-on-verdict"}]}

It needs `ci-callback-results` and `cos-python-sdk-v5`, and a role that may get, put and delete objects.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from qcloud_cos import CosConfig, CosS3Client, CosServiceError

from ci_callback_results import parse
from ci_callback_results.tags import ReviewAudio, ReviewDocument, ReviewHtml, ReviewImage, ReviewText, ReviewVideo

if TYPE_CHECKING:
    from ci_callback_results import Result

BLOCK = 1
NOT_FOUND = 404


def main_handler(event: dict[str, Any], _context: Any) -> str:
    """Act on the message of a route."""
    place = event["data"]
    return act(place, client(place["region"]))


def act(place: dict[str, Any], cos: CosS3Client) -> str:
    """Move the reviewed object if its result asks for it, and return what was done; a second time does no harm."""
    if "result" in place:
        content = json.dumps(place["result"])
    else:  # too long for the message
        content = cos.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read(-1)
    review = parse(content)
    key = reviewed_key(review)
    if not key or not is_blocked(review):
        return "nothing to do"
    source = {"Bucket": place["bucket"], "Region": place["region"], "Key": key}
    try:
        cos.copy_object(Bucket=place["bucket"], Key=f"quarantine/{key}", CopySource=source)
    except CosServiceError as error:
        if error.get_status_code() == NOT_FOUND:
            return "it is gone already"
        raise
    cos.delete_object(Bucket=place["bucket"], Key=key)
    return f"moved to quarantine/{key}"


def is_blocked(review: Result) -> bool:
    """Return whether the verdict is to block, in either form of a review."""
    if isinstance(review, ReviewDocument | ReviewHtml):
        return review.suggestion == BLOCK
    if isinstance(review, ReviewAudio | ReviewImage | ReviewText | ReviewVideo):
        return (review.data or review).result == BLOCK
    return False


def reviewed_key(review: Result) -> str:
    """Return the key of the reviewed object, "" for a text or a web page."""
    if isinstance(review, ReviewAudio | ReviewDocument | ReviewImage | ReviewText | ReviewVideo) and review.object:
        return review.object
    if isinstance(review, ReviewAudio | ReviewImage | ReviewText | ReviewVideo) and review.data and review.data.url:
        return unquote(urlsplit(review.data.url).path.lstrip("/"))
    return ""


def client(region: str) -> CosS3Client:
    """Return a client of COS with the credentials of the function's role."""
    config = CosConfig(
        Region=region,
        SecretId=os.environ["TENCENTCLOUD_SECRETID"],
        SecretKey=os.environ["TENCENTCLOUD_SECRETKEY"],
        Token=os.environ["TENCENTCLOUD_SESSIONTOKEN"],
    )
    return CosS3Client(config)
