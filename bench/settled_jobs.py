"""A CI and a COS with any number of settled jobs, fast enough that a sweep is measured and not its server.

    python -m bench.settled_jobs <number>     prints its port, serves until its input is closed

Pages of the job list and headers of results are computed from the number of a job, so that 100,000 jobs take no
memory and no set-up. Signatures are not checked, as they are in local/cos/server.py, which costs more than the
function itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from urllib.parse import unquote

from bench.http_server import Answer, serve
from local.defaults import BUCKET, REGION

TAG = "SoundHound"

_PAGE = re.compile(r"/jobs\?(.*)")
_RESULT = re.compile(rf"/input/(\d+)\.mp3\.{TAG}\.json")
_SIZE, _TOKEN = re.compile(r"\bsize=(\d+)"), re.compile(r"\bnextToken=(\d+)")
_END = re.compile(r"\bendCreationTime=([^&]+)")
_TIME_FORM = "%Y-%m-%dT%H:%M:%S%z"
_BEIJING = timezone(timedelta(hours=8))
_NEWEST = datetime.now(_BEIJING).replace(microsecond=0)  # one is created each second before
_JOB = (
    "<JobsDetail><Code>Success</Code><CreationTime>{created}</CreationTime><EndTime>{ended}</EndTime>"
    f"<Input><BucketId>{BUCKET}</BucketId><Object>input/{{number}}.mp3</Object><Region>{REGION}</Region></Input>"
    "<JobId>{id}</JobId><Message/><Operation><JobLevel>0</JobLevel><SoundHoundResult><SongList><Inlier>0.98</Inlier>"
    "<SingerName>周杰伦</SingerName><SongName>青花瓷</SongName></SongList></SoundHoundResult><UserData>bench</UserData>"
    "</Operation><QueueId>p0123456789abcdef0123456789abcdef</QueueId><StartTime>{created}</StartTime>"
    f"<State>Success</State><Tag>{TAG}</Tag></JobsDetail>"
)


class Jobs:
    """So many settled jobs."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def answer(self, method: str, target: str, _body: bytes) -> Answer:
        """Answer for CI and for COS."""
        own = ("x-cos-request-id: bench", "x-ci-request-id: bench")
        if method == "GET" and (page := _PAGE.fullmatch(target)):
            return Answer(HTTPStatus.OK, (*own, "Content-Type: application/xml"), self._page(page[1]).encode())
        if method == "HEAD" and (result := _RESULT.fullmatch(target)) and int(result[1]) < self._jobs:
            found = (*own, 'ETag: "bench"', f"x-cos-meta-ci-callback: {record(int(result[1]))}")
            return Answer(HTTPStatus.OK, found)
        return Answer(HTTPStatus.NOT_FOUND, own)

    def _page(self, query: str) -> str:
        size, token = _SIZE.search(query), _TOKEN.search(query)
        first = int(token[1]) if token else newest(query)
        last = min(first + (int(size[1]) if size else 10), self._jobs)
        following = f"<NextToken>{last}</NextToken>" if last < self._jobs else ""
        return f"<Response>{''.join(map(job, range(first, last)))}{following}</Response>"


def newest(query: str) -> int:
    """Return the number of the newest job created before the requested end."""
    end = _END.search(query)
    moment = datetime.strptime(unquote(end[1]), _TIME_FORM).astimezone(_BEIJING) if end else _NEWEST
    return max(0, int((_NEWEST - moment).total_seconds()))


def job(number: int) -> str:
    """Return the JobsDetail of a job; the newest has the number 0."""
    created = _NEWEST - timedelta(seconds=number)
    ended = created + timedelta(seconds=8)
    times = {"created": created.strftime(_TIME_FORM), "ended": ended.strftime(_TIME_FORM)}
    return _JOB.format(number=number, id=job_id(number), **times)


def record(number: int) -> str:
    """Return the record that the function wrote into the metadata of the job's result."""
    ended = (_NEWEST - timedelta(seconds=number - 8)).astimezone(timezone.utc)
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return f"v1 job={job_id(number)} state=Success time={ended.isoformat(timespec='microseconds')} sha256={digest}"


def job_id(number: int) -> str:
    """Return an id in CI's form."""
    return f"s{number:032x}"


if __name__ == "__main__":
    asyncio.run(serve(Jobs(int(sys.argv[1])).answer))
