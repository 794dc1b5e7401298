"""Random content reviews with their expected results: verdicts that change, and live streams in segments."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from local.ci.callbacks import review_body
from local.defaults import BUCKET, REGION
from local.soak.goal import Goal, Made, document_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

_LABELS = ("Normal", "Porn", "Ads")


def judged_again(source: str, job_id: str, created: str, chance: random.Random) -> Iterator[Goal]:
    """Yield a picture with one verdict or several: the last one replaces the others."""
    made = []
    for score in range(chance.randint(1, 3)):
        result = chance.randint(0, 2)
        fields = {
            "BucketId": BUCKET,
            "CreationTime": created,
            "ForbidState": int(result == 1),
            "Label": _LABELS[result],
            "Object": source,
            "Region": REGION,
            "Result": result,
            "Score": score,
        }
        made.append(_detail("ReviewImage", job_id, "Success", fields))
    yield Goal(f"{source}.ReviewImage.json", tuple(made))


def live(_source: str, job_id: str, created: str, chance: random.Random) -> Iterator[Goal]:
    """Yield the segments of a live stream, in Detail or in Simple form: each is a result of its own."""
    url = f"rtmp://play.example.com/live/{job_id}"
    is_simple = chance.random() < 0.5  # noqa: PLR2004  # half of them
    for segment in range(chance.randint(2, 4)):
        result = chance.randint(0, 2)
        if is_simple:
            made = _simple(job_id, {"porn_info": {"score": segment}, "result": result, "url": url})
        else:
            fields = {"CreationTime": created, "Label": _LABELS[result], "Result": result, "Score": segment, "Url": url}
            made = _detail("ReviewVideo", job_id, "Auditing", fields)
        digest = hashlib.sha256(made.document).hexdigest()[:8]
        yield Goal(f"ci-callback/results/ReviewVideo/{job_id}.{digest}.json", (made,))


def _detail(tag: str, job_id: str, state: str, fields: dict[str, Any]) -> Made:
    detail = {"JobId": job_id, "State": state, **fields}
    head = {"EventName": tag, "JobId": job_id, "Tag": tag, "State": state, "Code": "", "Message": ""}
    return Made({**detail, "Tag": tag}, "jobs", document_of({**head, **fields}), review_body(tag, detail))


def _simple(job_id: str, fields: dict[str, Any]) -> Made:
    data = {"event": "ReviewVideo", **fields, "trace_id": job_id}
    body = {"code": 0, "message": "success", "data": data}
    head = {"EventName": "ReviewVideo", "JobId": job_id, "Tag": "ReviewVideo", "State": "Success"}
    document = {**head, "Code": "0", "Message": "success", "data": dict(sorted(data.items()))}
    detail = {"JobId": job_id, "Tag": "ReviewVideo", "State": "Success", **fields}
    return Made(detail, "jobs", document_of(document), json.dumps(body).encode())
