"""Replies and reports stay below 6 MB, which is all that SCF lets through (guarantee 9)."""

from __future__ import annotations

import json

from ci_callback.delivery import Outcome, Settlement
from ci_callback.inbound import reply
from tests.support.deployment import Answer

MOST = 6 * 1024 * 1024
LONG = "\N{MUSICAL SYMBOL G CLEF}" * 212  # the longest key that COS takes; in a reply it is six times as long
QUOTES = '"' * 850


def test_reply_with_many_long_names_is_bounded() -> None:
    """It names the first of the jobs."""
    jobs = [Outcome(str(at), "", "", "dead-lettered", key=LONG, detail=QUOTES) for at in range(2000)]
    sent = reply.of_settlement(Settlement(200, tuple(jobs)), "r-1")
    assert len(json.dumps(sent)) < MOST
    named = [each["JobId"] for each in Answer(sent).body["jobs"]]
    assert named == [str(at) for at in range(500)]


def test_report_is_bounded_and_has_its_next() -> None:
    """Its lists are cut, its counts and `next` are whole."""
    jobs = [{"JobId": LONG, "outcome": "dead-lettered", "key": LONG}] * 20
    cursor = {"bucket": "b", "tag": "T", "tags": ["T"] * 500, "seen": ["s"] * 1500}
    report = {"dead_letters": 500, "results": [{"key": LONG, "jobs": jobs}] * 500, "next": cursor}
    sent = reply.of_report(report, "r-1")
    assert len(json.dumps(sent)) < MOST
    body = Answer(sent).body
    assert (body["dead_letters"], body["next"]) == (500, cursor)
    assert body["results"][0] == {"key": LONG, "jobs": jobs[: len(body["results"])]}
    assert len(body["results"]) > 10
