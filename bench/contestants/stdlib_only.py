"""The smallest handler: the standard library alone, nothing checked, COS requests signed by hand.

No token, no validation, no retry, no check for an existing object.
https://cloud.tencent.com/document/product/436/7778 (signature).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import xml.etree.ElementTree as ET
from http.client import OK, HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit


def as_tree(element: ET.Element) -> Any:
    """Convert an element to JSON: a repeated one to a list, one without children to its text."""
    tree: dict[str, Any] = {}
    for child in element:
        value = as_tree(child)
        if child.tag not in tree:
            tree[child.tag] = value
        elif isinstance(tree[child.tag], list):
            tree[child.tag].append(value)
        else:
            tree[child.tag] = [tree[child.tag], value]
    return tree or element.text or ""


def hmac_sha1(key: str, text: str) -> str:
    """Return the HMAC in hex."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()


def signature(method: str, key: str, headers: dict[str, str]) -> str:
    """Return the Authorization header."""
    now = int(time.time())
    period = f"{now - 60};{now + 600}"
    signed = {name.lower(): quote(value, safe="-_.~") for name, value in headers.items()}
    listed = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
    request = f"{method.lower()}\n/{key}\n\n{listed}\n"
    to_sign = f"sha1\n{period}\n{hashlib.sha1(request.encode()).hexdigest()}\n"  # noqa: S324  # the vendor's algorithm
    sign_key = hmac_sha1(os.environ["TENCENTCLOUD_SECRETKEY"], period)
    fields = {
        "q-sign-algorithm": "sha1",
        "q-ak": os.environ["TENCENTCLOUD_SECRETID"],
        "q-sign-time": period,
        "q-key-time": period,
        "q-header-list": ";".join(sorted(signed)),
        "q-url-param-list": "",
        "q-signature": hmac_sha1(sign_key, to_sign),
    }
    return "&".join(f"{name}={value}" for name, value in fields.items())


def put(bucket: str, region: str, key: str, body: bytes) -> None:
    """Write an object."""
    headers = {"Host": f"{bucket}.cos.{region}.myqcloud.com", "Content-Type": "application/json"}
    headers["Authorization"] = signature("PUT", key, headers)
    headers["x-cos-security-token"] = os.environ["TENCENTCLOUD_SESSIONTOKEN"]
    connection = HTTPConnection(urlsplit(os.environ["COS_ENDPOINT"]).netloc)
    connection.request("PUT", "/" + quote(key, safe="/-_.~"), body, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != OK:
        raise OSError(answer)


def main_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle one callback."""
    body = event["body"]
    callback = as_tree(ET.fromstring(body)) if body.startswith("<") else json.loads(body)  # noqa: S314  # nothing is checked here
    job = callback["JobsDetail"]
    source = job["Input"]
    key = f"{source['Object']}.{job['Tag']}.json"
    put(source["BucketId"], source["Region"], key, json.dumps(job, ensure_ascii=False).encode())
    return {"statusCode": 200, "headers": {}, "body": json.dumps({"key": key})}
