"""Replies: the four keys that a function URL and API Gateway both understand.

https://cloud.tencent.com/document/product/583/12513. The platform logs every reply: nothing secret may be in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.delivery import Outcome, Settlement
    from ci_callback.errors import CallbackError

Reply = dict[str, Any]

_MAX_JOBS = 1000

# SCF lets no more than 6 MB through, and the platform escapes the text, which may double it.
_MAX_TEXT = 2_900_000


def of_settlement(settlement: Settlement, request_id: str) -> Reply:
    """Return the reply to an accepted delivery: each job's id, outcome and key."""
    body: dict[str, Any] = {"request_id": request_id}
    body |= _given(settlement, "outcome", "reason", "detail", "key")
    body["jobs"] = [_job(job) for job in settlement.jobs[:_MAX_JOBS]]
    return _reply(settlement.status, body)


def of_error(error: CallbackError, request_id: str) -> Reply:
    """Return the reply to a refused delivery."""
    return _reply(error.status, {"request_id": request_id, "error": error.reason, "detail": str(error)}, error.headers)


def of_records(records: int, request_id: str) -> Reply:
    """Return the reply to a queue's settled records; only the platform's log has it."""
    return _reply(200, {"request_id": request_id, "records": records})


def of_report(report: Mapping[str, Any], request_id: str) -> Reply:
    """Return the reply to a command: its report."""
    return _reply(200, {"request_id": request_id, **report})


def _job(job: Outcome) -> dict[str, str]:
    return {"JobId": job.job_id, **_given(job, "outcome", "key", "then", "reason", "detail")}


def _given(source: object, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := getattr(source, name))}


def _reply(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    return {
        "isBase64Encoded": False,
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": _bounded(body),
    }


def _bounded(body: Mapping[str, Any]) -> str:
    """Return the body as JSON. Lists of one that is too long are cut, except in `next`, which is needed whole."""
    text, longest = _as_json(body), _MAX_JOBS
    while len(text) > _MAX_TEXT and longest > 1:
        longest //= 2
        text = _as_json({name: each if name == "next" else _cut(each, longest) for name, each in body.items()})
    return text


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, list):
        return [_cut(each, longest) for each in value[:longest]]
    return {name: _cut(each, longest) for name, each in value.items()} if isinstance(value, dict) else value


def _as_json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))
