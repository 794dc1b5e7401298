"""A CI and a COS with any number of settled jobs, fast enough that a sweep is measured and not its server.

    python -m bench.settled_jobs <number>     prints its port, serves until its input is closed

Pages of the job list and headers of results are computed from the number of a job, so that 100,000 jobs take no
memory and no set-up. Signatures are not checked, as they are in local/cos/server.py, which costs more than the
function itself. `GET /counts` returns the number of requests by method.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import partial
from http import HTTPStatus
from urllib.parse import unquote

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


class Server(asyncio.Protocol):
    """One connection."""

    def __init__(self, jobs: int, requests: Counter[str]) -> None:
        self._jobs = jobs
        self._requests = requests
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for answers."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request; GET and HEAD have no body."""
        self._unread += data
        while b"\r\n\r\n" in self._unread and self._transport:
            head, _, self._unread = self._unread.partition(b"\r\n\r\n")
            method, target, _ = head.partition(b"\r\n")[0].decode("ascii").split()
            status, headers, body = self._answer(method, target)
            lines = [f"HTTP/1.1 {status.value} {status.phrase}", *headers, f"Content-Length: {len(body)}", "", ""]
            self._transport.write("\r\n".join(lines).encode() + (b"" if method == "HEAD" else body))

    def _answer(self, method: str, target: str) -> tuple[HTTPStatus, list[str], bytes]:
        if target == "/counts":
            return HTTPStatus.OK, [], json.dumps(self._requests).encode()
        self._requests[method] += 1
        own = ["x-cos-request-id: bench", "x-ci-request-id: bench"]
        if method == "GET" and (page := _PAGE.fullmatch(target)):
            return HTTPStatus.OK, [*own, "Content-Type: application/xml"], self._page(page[1]).encode()
        if method == "HEAD" and (result := _RESULT.fullmatch(target)) and int(result[1]) < self._jobs:
            return HTTPStatus.OK, [*own, 'ETag: "bench"', f"x-cos-meta-ci-callback: {record(int(result[1]))}"], b""
        return HTTPStatus.NOT_FOUND, own, b""

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


async def serve(jobs: int) -> None:
    """Serve until standard input is closed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Server, jobs, Counter()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
